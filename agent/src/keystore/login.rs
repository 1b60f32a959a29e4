//! When a PIN may be given to a token.
//!
//! A PIN is scarce: a few wrong ones lock the token for weeks. So each attempt is recorded before it
//! is made, one that failed or has no recorded end latches the keystore until a person clears it,
//! and nothing is tried when the token says that it is near its last try.

mod rules;

use super::error::KeystoreError;
use super::key::TokenSerial;
use super::name::KeystoreName;

pub(crate) use rules::{LoginRules, PinCounter, Verdict};

/// Who typed a PIN, as the ledger records it.
pub type Operator = privyseal_proto::ledger::v1::Caller;

/// What the ledger's last word on a keystore's login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No attempt yet, or the last one was accepted.
    Clear,
    /// A person locked the keystore after the last login.
    Locked,
    /// The last attempt was refused, with this answer of the token.
    Failed(String),
    /// The last attempt has no recorded end: the agent was stopped in the middle of it.
    Unfinished,
}

/// Where login attempts are recorded. Calls may block; they come from a keystore's own thread.
pub trait LoginLog: Send + Sync {
    /// The last word on this keystore's login, as it was when the agent started or later.
    fn standing(&self, keystore: &KeystoreName) -> Standing;

    /// Was the PIN changed through the agent, or the configured source's refused, since the source's
    /// last worked?
    fn doubts_source(&self, _keystore: &KeystoreName) -> bool {
        false
    }

    /// Records that a login will be attempted; `operator` is none where the PIN comes from a
    /// configured source. The record is durable when this returns.
    ///
    /// # Errors
    /// [`KeystoreError::LoginNotRecorded`]; then no login is made.
    fn open(
        &self,
        keystore: &KeystoreName,
        serial: &TokenSerial,
        operator: Option<&Operator>,
    ) -> Result<Box<dyn LoginAttempt>, KeystoreError>;
}

/// A recorded attempt without its end. Dropped, it stays unfinished.
pub trait LoginAttempt: Send {
    /// Records how the attempt ended: `answer` is the token's, such as `CKR_PIN_INCORRECT`, and
    /// empty where it was accepted.
    ///
    /// # Errors
    /// [`KeystoreError::LoginNotRecorded`].
    fn close(self: Box<Self>, accepted: bool, answer: &str) -> Result<(), KeystoreError>;
}
