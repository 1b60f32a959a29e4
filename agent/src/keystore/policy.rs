//! When a key asks for its PIN or for a touch, as the device enforces it.

use std::{fmt, str::FromStr};

/// Declares a policy: its names in the config and on the wire, and its values on a YubiKey.
macro_rules! policy {
    ($(#[doc = $doc:literal])+ $type:ident, $what:literal {
        $($(#[doc = $of:literal])+ $name:ident = $text:literal, $tag:literal;)+
    }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[doc = $of])+ $name,)+ }

        impl $type {
            /// Every one of them, the laxest first.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Its value on a YubiKey (Yubico's PIV extensions, GENERATE and GET METADATA).
            #[must_use]
            pub fn tag(self) -> u8 {
                match self { $(Self::$name => $tag,)+ }
            }

            /// Is it this policy or a stricter one?
            #[must_use]
            pub fn is_at_least(self, wanted: Self) -> bool {
                let strictness = |policy| Self::ALL.iter().position(|each| *each == policy);
                strictness(self) >= strictness(wanted)
            }

            /// The policy with this value; none for values that no device of ours has.
            #[must_use]
            pub fn from_tag(tag: u8) -> Option<Self> {
                match tag { $($tag => Some(Self::$name),)+ _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = BadPolicy;

            fn from_str(text: &str) -> Result<Self, BadPolicy> {
                let found = Self::ALL.iter().find(|policy| policy.as_str() == text);
                found.copied().ok_or(BadPolicy($what))
            }
        }
    };
}

policy! {
    /// When a key asks for the PIN.
    PinPolicy, "a PIN policy is `never`, `once` or `always`" {
        /// Never: whoever reaches the device signs.
        Never = "never", 1;
        /// Once after the device got power or lost its PIN status.
        Once = "once", 2;
        /// For every signature.
        Always = "always", 3;
    }
}

policy! {
    /// When a key asks for a touch.
    TouchPolicy, "a touch policy is `never`, `always` or `cached`" {
        /// Never.
        Never = "never", 1;
        /// For a signature whose last touch was more than 15 seconds ago.
        Cached = "cached", 3;
        /// For every signature.
        Always = "always", 2;
    }
}

/// Not the name of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPolicy(&'static str);

/// Both policies of a key. They are fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policies {
    /// When it asks for the PIN.
    pub pin: PinPolicy,
    /// When it asks for a touch.
    pub touch: TouchPolicy,
}

impl fmt::Display for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PIN {}, touch {}", self.pin, self.touch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read_back() {
        for policy in PinPolicy::ALL {
            assert_eq!(policy.as_str().parse(), Ok(*policy));
            assert_eq!(PinPolicy::from_tag(policy.tag()), Some(*policy));
        }
        for policy in TouchPolicy::ALL {
            assert_eq!(policy.as_str().parse(), Ok(*policy));
            assert_eq!(TouchPolicy::from_tag(policy.tag()), Some(*policy));
        }
        assert!("ONCE".parse::<PinPolicy>().is_err() && "once".parse::<TouchPolicy>().is_err());
        assert_eq!(
            (PinPolicy::from_tag(0), TouchPolicy::from_tag(4)),
            (None, None)
        );
    }
}
