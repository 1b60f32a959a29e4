//! When a PIN may be given to the device.

use super::card::SecretMetadata;
use super::settings::{FactorySecret, Settings};
use crate::keystore::error::KeystoreError;
use crate::keystore::login::Standing;
use crate::keystore::state::KeystoreState;

/// What one keystore knows of its device's PIN. Unlike a PKCS#11 token's, it is given for every
/// signature; and there is no doubt about whose it is, since the config names the device.
#[derive(Debug)]
pub(super) struct PinRules {
    standing: Standing,
    /// The device was away since a PIN worked.
    away: bool,
    proven: bool,
    /// The PIN was changed, or the source's was refused, since the source's last worked.
    doubts_source: bool,
}

impl PinRules {
    pub(super) fn new(standing: Standing, doubts_source: bool) -> Self {
        Self {
            standing,
            away: false,
            proven: false,
            doubts_source,
        }
    }

    /// May the agent give a PIN by itself: the source's, or one that a person typed before?
    pub(super) fn unattended(
        &self,
        settings: &Settings,
        pin: SecretMetadata,
        from_source: bool,
    ) -> Result<(), KeystoreState> {
        attended(settings, pin).map_err(KeystoreState::PinRefused)?;
        if let Some(held) = self.latch(settings) {
            return Err(held);
        }
        if pin.left < pin.total {
            let why = format!("{} of its {} tries are left", pin.left, pin.total);
            return Err(latched(
                settings,
                format!("somebody gave a wrong PIN ({why})"),
            ));
        }
        if self.doubts_source && from_source {
            let why = "the PIN was changed or the configured one refused, and nobody said since that \
                       the configured one is right (`privyseal agent unlock KEYSTORE --again`)";
            return Err(latched(settings, why.to_owned()));
        }
        if self.away && settings.holds_root_keys {
            let why = "the device was away, and a keystore of root keys waits for a person";
            return Err(locked(settings, why));
        }
        Ok(())
    }

    /// May a key be used that wants a PIN from a person? Only what that person can't clear by typing
    /// it stands in the way.
    pub(super) fn awaited(
        &self,
        settings: &Settings,
        pin: SecretMetadata,
    ) -> Result<(), KeystoreState> {
        attended(settings, pin).map_err(KeystoreState::PinRefused)?;
        match self.latch(settings) {
            Some(held) => Err(held),
            None => Ok(()),
        }
    }

    /// An attempt is recorded, and the PIN is about to be given.
    pub(super) fn begun(&mut self) {
        self.standing = Standing::Unfinished;
    }

    /// The device took it; the source's, or one that a person typed, which says nothing of the
    /// source's.
    pub(super) fn accepted(&mut self, by_source: bool) {
        self.standing = Standing::Clear;
        self.proven = true;
        self.away = false;
        self.doubts_source &= !by_source;
    }

    /// A person set another PIN.
    pub(super) fn replaced(&mut self) {
        self.standing = Standing::Clear;
        self.proven = false;
        self.doubts_source = true;
    }

    /// The device did not take it, for whatever reason.
    pub(super) fn refused(&mut self, answer: &str, by_source: bool) {
        self.doubts_source |= by_source;
        self.standing = Standing::Failed(answer.to_owned());
        self.proven = false;
    }

    /// A person locked the keystore.
    pub(super) fn locked(&mut self) {
        self.standing = Standing::Locked;
        self.proven = false;
    }

    /// The device is gone.
    pub(super) fn gone(&mut self) {
        self.away |= self.proven;
    }

    fn latch(&self, settings: &Settings) -> Option<KeystoreState> {
        match &self.standing {
            Standing::Clear => None,
            Standing::Locked => Some(locked(settings, "an operator locked it")),
            Standing::Failed(answer) => Some(latched(
                settings,
                format!("the last PIN was refused ({answer})"),
            )),
            Standing::Unfinished => {
                let why = "nobody knows how the last try of the PIN ended";
                Some(latched(settings, why.to_owned()))
            }
        }
    }
}

/// A person asked: may a PIN be tried, and is it one that not everybody knows?
pub(super) fn attended(settings: &Settings, pin: SecretMetadata) -> Result<(), KeystoreError> {
    tries_left(settings, pin)?;
    settings.refuses(FactorySecret::Pin, pin.factory)
}

/// A person asked: may a PIN be tried?
pub(super) fn tries_left(settings: &Settings, pin: SecretMetadata) -> Result<(), KeystoreError> {
    let keystore = settings.name.clone();
    match pin.left {
        0 => Err(KeystoreError::PinLocked { keystore }),
        1 => Err(KeystoreError::PinFinalTry { keystore }),
        _ => Ok(()),
    }
}

impl Settings {
    /// Refuses a secret that is still the one from the factory, unless the config takes it.
    pub(super) fn refuses(
        &self,
        secret: FactorySecret,
        factory: bool,
    ) -> Result<(), KeystoreError> {
        if factory && !self.accept_factory.contains(&secret) {
            return Err(KeystoreError::FactorySecret {
                keystore: self.name.clone(),
                what: secret.name(),
            });
        }
        Ok(())
    }
}

fn locked(settings: &Settings, why: &str) -> KeystoreState {
    KeystoreState::Locked(KeystoreError::Locked {
        keystore: settings.name.clone(),
        why: why.to_owned(),
    })
}

fn latched(settings: &Settings, why: String) -> KeystoreState {
    KeystoreState::PinRefused(KeystoreError::PinLatched {
        keystore: settings.name.clone(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text =
            format!("name = \"root-a\"\nkind = \"piv\"\nserial = 1\npin = \"operator\"\n{more}");
        toml::from_str(&text).unwrap()
    }

    fn tries(left: u8) -> SecretMetadata {
        SecretMetadata {
            factory: false,
            total: 3,
            left,
        }
    }

    fn reason(verdict: Result<(), KeystoreState>) -> &'static str {
        match verdict {
            Ok(()) => "",
            Err(state) => state.obstacle().unwrap().reason(),
        }
    }

    #[test]
    fn nothing_is_ever_tried_at_the_last_try() {
        let (settings, rules) = (settings(""), PinRules::new(Standing::Clear, false));
        for (left, expected) in [(0, "PIN_LOCKED"), (1, "PIN_FINAL_TRY")] {
            let refused = attended(&settings, tries(left)).unwrap_err();
            assert_eq!(refused.reason(), expected);
            assert_eq!(
                reason(rules.unattended(&settings, tries(left), true)),
                expected
            );
            assert_eq!(reason(rules.awaited(&settings, tries(left))), expected);
        }
    }

    #[test]
    fn the_agent_tries_nothing_by_itself_after_a_wrong_pin_of_anybody() {
        let settings = settings("");
        let mut rules = PinRules::new(Standing::Clear, false);
        assert_eq!(reason(rules.unattended(&settings, tries(3), true)), "");
        assert_eq!(
            reason(rules.unattended(&settings, tries(2), true)),
            "PIN_LATCHED"
        );
        rules.begun();
        assert_eq!(
            reason(rules.unattended(&settings, tries(3), true)),
            "PIN_LATCHED"
        );
        rules.refused("2 tries left", false);
        assert_eq!(
            reason(rules.unattended(&settings, tries(3), true)),
            "PIN_LATCHED"
        );
        rules.accepted(false);
        assert_eq!(reason(rules.unattended(&settings, tries(3), true)), "");
        rules.locked();
        assert_eq!(
            reason(rules.unattended(&settings, tries(3), true)),
            "KEYSTORE_LOCKED"
        );
        assert!(attended(&settings, tries(2)).is_ok());
    }

    #[test]
    fn a_doubt_about_the_source_is_none_about_what_a_person_typed() {
        let settings = settings("");
        let mut rules = PinRules::new(Standing::Clear, true);
        rules.accepted(false);
        assert_eq!(
            reason(rules.unattended(&settings, tries(3), true)),
            "PIN_LATCHED"
        );
        assert_eq!(reason(rules.unattended(&settings, tries(3), false)), "");
        rules.accepted(true);
        assert_eq!(reason(rules.unattended(&settings, tries(3), true)), "");
        rules.replaced();
        assert_eq!(
            reason(rules.unattended(&settings, tries(3), true)),
            "PIN_LATCHED"
        );
    }

    #[test]
    fn root_keys_wait_for_a_person_after_their_device_was_away() {
        let (root, online) = (settings(""), settings("holds_root_keys = false"));
        let mut rules = PinRules::new(Standing::Clear, false);
        rules.gone();
        assert_eq!(reason(rules.unattended(&root, tries(3), true)), "");
        rules.accepted(false);
        rules.gone();
        assert_eq!(
            reason(rules.unattended(&root, tries(3), true)),
            "KEYSTORE_LOCKED"
        );
        assert_eq!(reason(rules.unattended(&online, tries(3), true)), "");
    }

    #[test]
    fn a_pin_from_the_factory_is_refused_unless_the_config_takes_it() {
        let factory = SecretMetadata {
            factory: true,
            ..tries(3)
        };
        let refused = attended(&settings(""), factory).unwrap_err();
        assert_eq!(refused.reason(), "FACTORY_SECRET");
        let accepting = settings("accept_factory = [\"pin\"]");
        assert!(attended(&accepting, factory).is_ok());
    }
}
