//! What key a keystore is asked to make.

use privyseal_tuf::Algorithm;
use secrecy::SecretString;

use super::{
    login::Operator,
    name::KeyName,
    policy::{PinPolicy, TouchPolicy},
    slot::Slot,
};

/// A key that is to be made on a token.
#[derive(Debug)]
pub struct KeyOrder {
    /// The name that it will have.
    pub name: KeyName,
    /// What it is.
    pub algorithm: Algorithm,
    /// Where, on a PIV device, and how it may be used.
    pub place: Place,
    /// What opens the device to an administrator.
    pub access: Access,
}

impl KeyOrder {
    /// A key that stands nowhere in particular: all that a PKCS#11 token is asked.
    #[must_use]
    pub fn plain(name: KeyName, algorithm: Algorithm) -> Self {
        Self {
            name,
            algorithm,
            place: Place::default(),
            access: Access::default(),
        }
    }
}

/// Where a key goes on a PIV device, and how it may be used. A PKCS#11 token has no such places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The slot. A PIV device wants one to be named.
    pub slot: Option<Slot>,
    /// `always` where it is not given.
    pub pin: Option<PinPolicy>,
    /// `always` where it is not given.
    pub touch: Option<TouchPolicy>,
    /// Take the slot even if a key is in it, which is lost then.
    pub replace: bool,
}

impl Place {
    /// Is nothing asked that only a PIV device can give?
    #[must_use]
    pub fn is_anywhere(&self) -> bool {
        *self == Self::default()
    }
}

/// What a person typed to open a PIV device to an administrator.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Its PIN: needed where the management key is kept on the device under the PIN.
    pub pin: Option<SecretString>,
    /// Its management key in hex, where it is not kept on the device.
    pub management_key: Option<SecretString>,
    /// Who typed them.
    pub by: Option<Operator>,
}

impl Access {
    /// The same, typed by this person.
    #[must_use]
    pub fn by(self, person: Operator) -> Self {
        Self {
            by: Some(person),
            ..self
        }
    }

    /// Was nothing typed?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pin.is_none() && self.management_key.is_none()
    }
}
