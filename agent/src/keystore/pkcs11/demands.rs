//! What a key asks a person for before it signs.

use std::time::Duration;

use crate::keystore::policy::{PinPolicy, Policies, TouchPolicy};

/// How long a device waits for a touch, and a little more (a YubiKey: 15 seconds).
pub(super) const TOUCH_TIME: Duration = Duration::from_secs(20);

/// What a key asks for before each signature, as far as its token tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Demands {
    /// A PIN (CKA_ALWAYS_AUTHENTICATE, or a YubiKey's PIN policy).
    pub(super) pin: bool,
    /// A touch (a YubiKey's touch policy; PKCS#11 has no word for it).
    pub(super) touch: bool,
}

impl Demands {
    /// By CKA_ALWAYS_AUTHENTICATE, and by the key's attestation where there is one: ykcs11 tells the
    /// attribute by the slot alone, so it is false for a key in 9a with the PIN policy "always".
    pub(super) fn new(always_authenticates: bool, policies: Option<Policies>) -> Self {
        let attested = |asks: fn(Policies) -> bool| policies.is_some_and(asks);
        Self {
            pin: always_authenticates || attested(|known| known.pin == PinPolicy::Always),
            touch: attested(|known| known.touch != TouchPolicy::Never),
        }
    }

    /// Time for a touch, where it asks for one.
    pub(super) fn touch_time(self) -> Duration {
        match self.touch {
            true => TOUCH_TIME,
            false => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demands(always_authenticates: bool, pin: PinPolicy, touch: TouchPolicy) -> (bool, bool) {
        let Demands { pin, touch } =
            Demands::new(always_authenticates, Some(Policies { pin, touch }));
        (pin, touch)
    }

    #[test]
    fn a_pin_is_wanted_where_the_attribute_or_the_attestation_says_so() {
        assert_eq!(
            Demands::new(true, None),
            Demands {
                pin: true,
                touch: false
            }
        );
        assert_eq!(Demands::new(false, None), Demands::default());
        let never = TouchPolicy::Never;
        assert_eq!(demands(false, PinPolicy::Always, never), (true, false));
        assert_eq!(demands(false, PinPolicy::Once, never), (false, false));
        // The module won't sign without.
        assert_eq!(demands(true, PinPolicy::Once, never), (true, false));
    }

    #[test]
    fn a_touch_is_wanted_where_the_attestation_says_so() {
        for touch in [TouchPolicy::Always, TouchPolicy::Cached] {
            assert_eq!(demands(false, PinPolicy::Never, touch), (false, true));
        }
    }
}
