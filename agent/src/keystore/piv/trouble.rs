//! What a card's errors mean to a person.

use super::card::CardError;
use super::settings::Settings;
use crate::keystore::error::KeystoreError;

/// The device, as a person knows it.
pub(super) fn device(serial: u32) -> String {
    format!("YubiKey {serial}")
}

impl Settings {
    /// The device, as a person knows it.
    pub(super) fn device(&self) -> String {
        device(self.serial)
    }

    /// The card failed, or refused something that has nothing to do with a PIN or a PUK.
    pub(super) fn failed(&self, error: &CardError) -> KeystoreError {
        let keystore = self.name.clone();
        let what = error.to_string();
        match error {
            CardError::NoService(_) | CardError::Gone(_) | CardError::Reset => {
                KeystoreError::Absent { keystore, what }
            }
            CardError::Held(_) => KeystoreError::Held {
                keystore,
                device: self.device(),
                what,
            },
            CardError::Reader(_) | CardError::Nonsense { .. } | CardError::Unwanted => {
                KeystoreError::Fault { keystore, what }
            }
            CardError::Unsupported(what) => KeystoreError::MechanismUnsupported {
                keystore,
                what: what.clone(),
            },
            CardError::TooLong(_) => KeystoreError::MechanismUnsupported {
                keystore,
                what: format!("room for this message: {what}"),
            },
            CardError::ManagementKey => KeystoreError::ManagementKeyRefused { keystore, what },
            CardError::Refused { .. }
            | CardError::Wrong { .. }
            | CardError::Blocked { .. }
            | CardError::Shape(_) => KeystoreError::Refused { keystore, what },
        }
    }

    /// As [`Settings::failed`], of a command that carried the PIN.
    pub(super) fn pin_failed(&self, error: &CardError) -> KeystoreError {
        let keystore = self.name.clone();
        match error {
            CardError::Wrong { left: 0, .. } | CardError::Blocked { .. } => {
                KeystoreError::PinLocked { keystore }
            }
            CardError::Wrong { left, .. } => KeystoreError::PinIncorrect {
                keystore,
                answer: format!("{left} tries left"),
            },
            CardError::Shape(_) => KeystoreError::PinIncorrect {
                keystore,
                answer: format!("{error}, so it was not tried"),
            },
            other => self.failed(other),
        }
    }

    /// As [`Settings::failed`], of a command that carried the PUK.
    pub(super) fn puk_failed(&self, error: &CardError) -> KeystoreError {
        let keystore = self.name.clone();
        let answer = error.to_string();
        match error {
            CardError::Blocked { .. } => KeystoreError::PukLocked { keystore, answer },
            CardError::Wrong { left, .. } => KeystoreError::PukIncorrect {
                keystore,
                answer: format!("{left} tries left"),
            },
            CardError::Shape(_) => KeystoreError::PukIncorrect {
                keystore,
                answer: format!("{answer}, so it was not tried"),
            },
            other => self.failed(other),
        }
    }

    /// The device is not there.
    pub(super) fn absent(&self, what: impl Into<String>) -> KeystoreError {
        KeystoreError::Absent {
            keystore: self.name.clone(),
            what: what.into(),
        }
    }
}
