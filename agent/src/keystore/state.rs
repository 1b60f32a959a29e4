//! The state that a keystore is in.

use super::error::KeystoreError;

/// The state of a keystore. All but `Ready` carry the error that a signature would meet now: its
/// text says what happened, [`KeystoreError::remedy`] what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeystoreState {
    /// The token is not there. It is looked for, and used again when it comes back.
    Absent(KeystoreError),
    /// The token is there and waits for a person to log in.
    Locked(KeystoreError),
    /// It signs.
    Ready,
    /// The module or the token does not work as it should.
    Faulted(KeystoreError),
    /// A PIN was refused, or none may be tried. Nothing is tried until a person acts.
    PinRefused(KeystoreError),
}

impl KeystoreState {
    /// Why it can't sign; none where it is ready.
    #[must_use]
    pub fn obstacle(&self) -> Option<&KeystoreError> {
        match self {
            Self::Ready => None,
            Self::Absent(error)
            | Self::Locked(error)
            | Self::Faulted(error)
            | Self::PinRefused(error) => Some(error),
        }
    }

    /// What happened and what to do, for a person; empty where it is ready.
    #[must_use]
    pub fn detail(&self) -> String {
        self.obstacle()
            .map(|error| format!("{error}. {}", error.remedy()))
            .unwrap_or_default()
    }
}
