//! Faults: something did not work. Says whether asking again is safe, and what to do.

use privyseal_ledger::LedgerError;
use tonic::Code;

use crate::{
    denial::Denial,
    keystore::{KeyName, KeystoreError},
    ledger::LedgerFault,
};

/// Why a request could not be carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The ledger takes no records, so nothing is signed.
    #[error("the ledger can't record the decision, so nothing was signed: {0}")]
    Ledger(#[from] LedgerFault),
    /// The keystore can't sign.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The token's answer does not verify; it never leaves the agent.
    #[error("the token's signature with {key} is wrong ({what}); it was thrown away")]
    BadSignature {
        /// The key that was used.
        key: KeyName,
        /// What is wrong with it.
        what: String,
    },
}

impl Fault {
    /// Every reason code of a fault, for the documentation's completeness.
    pub const REASONS: &'static [&'static str] = &[
        "LEDGER_MISSING",
        "LEDGER_TRUNCATED",
        "LEDGER_DAMAGED",
        "LEDGER_FOREIGN",
        "LEDGER_LOCKED",
        "LEDGER_FULL",
        "LEDGER_FAILED",
        "LEDGER_EXISTS",
        "LEDGER_REFUSED",
        "KEYSTORE_ABSENT",
        "TOKEN_NOT_FOUND",
        "TOKEN_AMBIGUOUS",
        "TOKEN_SWAPPED",
        "KEYSTORE_LOCKED",
        "KEYSTORE_BUSY",
        "KEYSTORE_DEADLINE",
        "KEYSTORE_FAULT",
        "KEYSTORE_REFUSED",
        "KEY_NOT_FOUND",
        "KEY_MISMATCH",
        "KEY_EXTRACTABLE",
        "MECHANISM_UNSUPPORTED",
        "PIN_INCORRECT",
        "PIN_LOCKED",
        "PIN_FINAL_TRY",
        "PIN_LATCHED",
        "PIN_UNAVAILABLE",
        "FACTORY_SECRET",
        "TOUCH_TIMEOUT",
        "DEVICE_HELD",
        "SLOT_OCCUPIED",
        "MANAGEMENT_KEY_REFUSED",
        "PUK_INCORRECT",
        "PUK_LOCKED",
        "NO_ATTESTATION",
        "ATTESTATION_REFUSED",
        "LOGIN_NOT_RECORDED",
        "SIGNATURE_WRONG",
    ];

    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Ledger(fault) => fault.reason(),
            Self::Keystore(error) => error.reason(),
            Self::BadSignature { .. } => "SIGNATURE_WRONG",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Ledger(_) => "see docs/ledger.md for what the ledger needs; nothing was signed, and asking again is safe".to_owned(),
            Self::Keystore(error) => error.remedy(),
            Self::BadSignature { .. } => {
                "ask again with the same bytes; if it stays, the token is broken or not what it \
                 says it is: take it out of service"
                    .to_owned()
            }
        }
    }

    /// May the same request be sent again?
    #[must_use]
    pub fn retry_safe(&self) -> bool {
        match self {
            Self::Keystore(error) => error.retry_safe(),
            // What the ledger refuses to hold, it refuses for ever.
            Self::Ledger(fault) => !matches!(*fault.0, LedgerError::Refused { .. }),
            Self::BadSignature { .. } => true,
        }
    }

    /// The gRPC code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Keystore(KeystoreError::Busy { .. }) => Code::ResourceExhausted,
            Self::Keystore(KeystoreError::Deadline { .. }) => Code::DeadlineExceeded,
            Self::Keystore(error) if !error.retry_safe() => Code::FailedPrecondition,
            Self::Ledger(_) if !self.retry_safe() => Code::FailedPrecondition,
            Self::Ledger(_) | Self::Keystore(_) => Code::Unavailable,
            Self::BadSignature { .. } => Code::Internal,
        }
    }
}

/// Why a request ended without what it asked for: refused, or failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Stop {
    /// A rule said no.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Something did not work.
    #[error(transparent)]
    Failed(#[from] Fault),
}

impl From<LedgerFault> for Stop {
    fn from(fault: LedgerFault) -> Self {
        Self::Failed(fault.into())
    }
}

impl From<KeystoreError> for Stop {
    fn from(error: KeystoreError) -> Self {
        Self::Failed(error.into())
    }
}
