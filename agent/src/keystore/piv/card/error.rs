//! What can go wrong between us and a card.

use super::status::Status;

/// Why a card did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::keystore::piv) enum CardError {
    /// pcscd is not there, or was restarted: everything is opened anew.
    #[error("the smart card service pcscd does not answer ({0})")]
    NoService(String),
    /// The card or its reader is not there.
    #[error("it was removed ({0})")]
    Gone(String),
    /// Another program reset the card: what was verified is forgotten, and nothing was done.
    #[error("another program reset it")]
    Reset,
    /// Another program has the card for itself.
    #[error("another program has it for itself ({0})")]
    Held(String),
    /// PC/SC or the reader failed.
    #[error("its reader failed ({0})")]
    Reader(String),
    /// Nobody waits for the answer any more, so nothing was done.
    #[error("nobody waits for the answer")]
    Unwanted,
    /// The card refused a command.
    #[error("{command}: {status}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// Its answer.
        status: Status,
    },
    /// A wrong PIN or PUK.
    #[error("{command}: wrong, {left} tries left")]
    Wrong {
        /// The command's name.
        command: &'static str,
        /// Tries that are left.
        left: u8,
    },
    /// No try of the PIN or PUK is left.
    #[error("{command}: no try is left")]
    Blocked {
        /// The command's name.
        command: &'static str,
    },
    /// The management key is another.
    #[error("GENERAL AUTHENTICATE: another management key")]
    ManagementKey,
    /// A PIN or PUK that no card can have, so none was tried.
    #[error("a PIN or PUK has 6 to 8 ASCII characters, this has {0} bytes")]
    Shape(usize),
    /// An answer that is not what the standard says.
    #[error("{command}: its answer can't be read: {what}")]
    Nonsense {
        /// The command's name.
        command: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The card can't do this.
    #[error("it has no {0}")]
    Unsupported(String),
    /// A message that is too long for the card.
    #[error("it signs at most {limit} bytes with Ed25519, which is not over a digest; these are {0}", limit = super::LONGEST_MESSAGE)]
    TooLong(usize),
}

impl From<pcsc::Error> for CardError {
    fn from(error: pcsc::Error) -> Self {
        use pcsc::Error as E;
        let text = error.to_string();
        match error {
            E::NoService
            | E::ServiceStopped
            | E::Shutdown
            | E::InvalidHandle
            | E::InternalError
            | E::CommError => Self::NoService(text),
            // The first is of a card that is pulled out in mid-command.
            E::NotTransacted
            | E::UnknownReader
            | E::ReaderUnavailable
            | E::NoReadersAvailable
            | E::NoSmartcard
            | E::RemovedCard => Self::Gone(text),
            E::ResetCard => Self::Reset,
            E::SharingViolation => Self::Held(text),
            _ => Self::Reader(text),
        }
    }
}

impl CardError {
    pub(super) fn nonsense(command: &'static str, what: impl Into<String>) -> Self {
        Self::Nonsense {
            command,
            what: what.into(),
        }
    }
}
