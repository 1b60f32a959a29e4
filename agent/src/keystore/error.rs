//! What can go wrong with a keystore, said to the person who must act.

use std::time::Duration;

use super::key::TokenSerial;
use super::name::{KeyName, KeystoreName};
use super::slot::Slot;

/// Why a keystore did not do what it was asked.
///
/// The text says what happened, [`remedy`](Self::remedy) what to do, [`reason`](Self::reason) is a
/// stable code for programs, and [`retry_safe`](Self::retry_safe) says whether the same request can
/// be made again as it is. No text ever holds a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// The token is gone.
    #[error("keystore {keystore}: the token is gone or does not answer ({what})")]
    Absent {
        /// The keystore.
        keystore: KeystoreName,
        /// The call and its answer.
        what: String,
    },
    /// No token matches the configured URI.
    #[error("keystore {keystore}: no token matches {uri}")]
    TokenNotFound {
        /// The keystore.
        keystore: KeystoreName,
        /// The configured token URI.
        uri: String,
    },
    /// More than one token matches the configured URI.
    #[error("keystore {keystore}: {uri} matches {} tokens: {}", tokens.len(), tokens.join(", "))]
    TokenAmbiguous {
        /// The keystore.
        keystore: KeystoreName,
        /// The configured token URI.
        uri: String,
        /// Each token's label and serial number.
        tokens: Vec<String>,
    },
    /// Another token answers in the place of the one that keys are bound to.
    #[error("keystore {keystore}: token {found} answers in the place of {expected}")]
    TokenSwapped {
        /// The keystore.
        keystore: KeystoreName,
        /// The serial number that the keys are bound to.
        expected: TokenSerial,
        /// The serial number that was found.
        found: TokenSerial,
    },
    /// A person has to log in.
    #[error("keystore {keystore} is locked: {why}")]
    Locked {
        /// The keystore.
        keystore: KeystoreName,
        /// Why it waits.
        why: String,
    },
    /// The queue is full.
    #[error("keystore {keystore}: its queue of {queue} requests is full")]
    Busy {
        /// The keystore.
        keystore: KeystoreName,
        /// The queue's length.
        queue: usize,
    },
    /// The deadline passed.
    #[error("keystore {keystore}: no answer within {after:?} ({what})")]
    Deadline {
        /// The keystore.
        keystore: KeystoreName,
        /// The time that was given.
        after: Duration,
        /// What was waited for.
        what: &'static str,
        /// Whether asking again does no harm where the first may still be carried out.
        repeatable: bool,
    },
    /// The module or the token failed.
    #[error("keystore {keystore}: {what}")]
    Fault {
        /// The keystore.
        keystore: KeystoreName,
        /// The call and its answer.
        what: String,
    },
    /// The token refused this one request.
    #[error("keystore {keystore}: the token refused: {what}")]
    Refused {
        /// The keystore.
        keystore: KeystoreName,
        /// The call and its answer.
        what: String,
    },
    /// No such key in the token.
    #[error("keystore {keystore}: key {key} is not found in the token: {what}")]
    KeyNotFound {
        /// The keystore.
        keystore: KeystoreName,
        /// The key.
        key: KeyName,
        /// What was looked for.
        what: String,
    },
    /// The object under the key's CKA_ID is another key.
    #[error("keystore {keystore}: the object under key {key}'s CKA_ID is not that key ({what})")]
    KeyMismatch {
        /// The keystore.
        keystore: KeystoreName,
        /// The key.
        key: KeyName,
        /// What differs.
        what: String,
    },
    /// The token lets the private key out.
    #[error("keystore {keystore}: the token would let the private key of {key} out")]
    KeyExtractable {
        /// The keystore.
        keystore: KeystoreName,
        /// The key.
        key: KeyName,
    },
    /// The token can't sign or generate with this algorithm, or not in this way.
    #[error("keystore {keystore}: the token has no {what}")]
    MechanismUnsupported {
        /// The keystore.
        keystore: KeystoreName,
        /// The mechanism, curve or key.
        what: String,
    },
    /// The token says that the PIN is wrong.
    #[error("keystore {keystore}: the token refused the PIN ({answer})")]
    PinIncorrect {
        /// The keystore.
        keystore: KeystoreName,
        /// The token's answer, such as CKR_PIN_INCORRECT.
        answer: String,
    },
    /// The token has locked its PIN.
    #[error("keystore {keystore}: the token has locked its user PIN")]
    PinLocked {
        /// The keystore.
        keystore: KeystoreName,
    },
    /// One more wrong PIN would lock the token.
    #[error("keystore {keystore}: one more wrong PIN would lock the token, so none is tried")]
    PinFinalTry {
        /// The keystore.
        keystore: KeystoreName,
    },
    /// An earlier attempt failed or has no recorded end.
    #[error("keystore {keystore}: {why}, so no PIN is tried until a person says so")]
    PinLatched {
        /// The keystore.
        keystore: KeystoreName,
        /// What the record says of the last attempt.
        why: String,
    },
    /// The PIN source can't be read.
    #[error("keystore {keystore}: the PIN can't be read: {why}")]
    PinUnavailable {
        /// The keystore.
        keystore: KeystoreName,
        /// What is wrong with the source.
        why: String,
    },
    /// The PIN, the PUK or the management key is still the one from the factory.
    #[error(
        "keystore {keystore}: its {what} is still the one from the factory, which everybody knows"
    )]
    FactorySecret {
        /// The keystore.
        keystore: KeystoreName,
        /// "PIN", "PUK" or "management key".
        what: &'static str,
    },
    /// Nobody touched the device in time.
    #[error("keystore {keystore}: nobody touched {device} in time")]
    TouchTimeout {
        /// The keystore.
        keystore: KeystoreName,
        /// The device, such as "YubiKey 12345678".
        device: String,
    },
    /// Another program holds the device.
    #[error("keystore {keystore}: another program holds {device} ({what})")]
    Held {
        /// The keystore.
        keystore: KeystoreName,
        /// The device, or its reader.
        device: String,
        /// What was seen of it.
        what: String,
    },
    /// A key is in the slot already.
    #[error("keystore {keystore}: there is a key in slot {slot} already ({what})")]
    SlotOccupied {
        /// The keystore.
        keystore: KeystoreName,
        /// The slot.
        slot: Slot,
        /// What is known of the key.
        what: String,
    },
    /// The device does not take this management key.
    #[error("keystore {keystore}: the management key is not known or not right ({what})")]
    ManagementKeyRefused {
        /// The keystore.
        keystore: KeystoreName,
        /// What was tried, and the answer.
        what: String,
    },
    /// The device says that the PUK is wrong.
    #[error("keystore {keystore}: the device refused the PUK ({answer})")]
    PukIncorrect {
        /// The keystore.
        keystore: KeystoreName,
        /// Its answer, with the tries that are left.
        answer: String,
    },
    /// No try of the PUK is left, or but one.
    #[error("keystore {keystore}: the PUK is blocked or has one try left ({answer})")]
    PukLocked {
        /// The keystore.
        keystore: KeystoreName,
        /// What the device says of its tries.
        answer: String,
    },
    /// No attestation of the key is to be had.
    #[error("keystore {keystore}: no attestation of key {key}: {what}")]
    NoAttestation {
        /// The keystore.
        keystore: KeystoreName,
        /// The key.
        key: KeyName,
        /// Why there is none.
        what: String,
    },
    /// An attestation does not prove what it should.
    #[error("keystore {keystore}: the attestation of key {key} is refused: {what}")]
    AttestationRefused {
        /// The keystore.
        keystore: KeystoreName,
        /// The key.
        key: KeyName,
        /// What is wrong with it.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// The ledger did not take the record that goes before a login.
    #[error("keystore {keystore}: the login could not be recorded, so it was not made: {why}")]
    LoginNotRecorded {
        /// The keystore.
        keystore: KeystoreName,
        /// The ledger's word.
        why: String,
    },
}

impl KeystoreError {
    /// A stable code for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Absent { .. } => "KEYSTORE_ABSENT",
            Self::TokenNotFound { .. } => "TOKEN_NOT_FOUND",
            Self::TokenAmbiguous { .. } => "TOKEN_AMBIGUOUS",
            Self::TokenSwapped { .. } => "TOKEN_SWAPPED",
            Self::Locked { .. } => "KEYSTORE_LOCKED",
            Self::Busy { .. } => "KEYSTORE_BUSY",
            Self::Deadline { .. } => "KEYSTORE_DEADLINE",
            Self::Fault { .. } => "KEYSTORE_FAULT",
            Self::Refused { .. } => "KEYSTORE_REFUSED",
            Self::KeyNotFound { .. } => "KEY_NOT_FOUND",
            Self::KeyMismatch { .. } => "KEY_MISMATCH",
            Self::KeyExtractable { .. } => "KEY_EXTRACTABLE",
            Self::MechanismUnsupported { .. } => "MECHANISM_UNSUPPORTED",
            Self::PinIncorrect { .. } => "PIN_INCORRECT",
            Self::PinLocked { .. } => "PIN_LOCKED",
            Self::PinFinalTry { .. } => "PIN_FINAL_TRY",
            Self::PinLatched { .. } => "PIN_LATCHED",
            Self::PinUnavailable { .. } => "PIN_UNAVAILABLE",
            Self::FactorySecret { .. } => "FACTORY_SECRET",
            Self::TouchTimeout { .. } => "TOUCH_TIMEOUT",
            Self::Held { .. } => "DEVICE_HELD",
            Self::SlotOccupied { .. } => "SLOT_OCCUPIED",
            Self::ManagementKeyRefused { .. } => "MANAGEMENT_KEY_REFUSED",
            Self::PukIncorrect { .. } => "PUK_INCORRECT",
            Self::PukLocked { .. } => "PUK_LOCKED",
            Self::NoAttestation { .. } => "NO_ATTESTATION",
            Self::AttestationRefused { .. } => "ATTESTATION_REFUSED",
            Self::LoginNotRecorded { .. } => "LOGIN_NOT_RECORDED",
        }
    }

    /// True where the same request can be made again as it is: it may succeed later, and trying
    /// costs nothing.
    #[must_use]
    pub fn retry_safe(&self) -> bool {
        match self {
            Self::Absent { .. }
            | Self::TokenNotFound { .. }
            | Self::Locked { .. }
            | Self::Busy { .. }
            | Self::Fault { .. }
            | Self::TouchTimeout { .. }
            | Self::Held { .. }
            | Self::LoginNotRecorded { .. } => true,
            Self::Deadline { repeatable, .. } => *repeatable,
            Self::TokenAmbiguous { .. }
            | Self::TokenSwapped { .. }
            | Self::Refused { .. }
            | Self::KeyNotFound { .. }
            | Self::KeyMismatch { .. }
            | Self::KeyExtractable { .. }
            | Self::MechanismUnsupported { .. }
            | Self::PinIncorrect { .. }
            | Self::PinLocked { .. }
            | Self::PinFinalTry { .. }
            | Self::PinLatched { .. }
            | Self::PinUnavailable { .. }
            | Self::FactorySecret { .. }
            | Self::SlotOccupied { .. }
            | Self::ManagementKeyRefused { .. }
            | Self::PukIncorrect { .. }
            | Self::PukLocked { .. }
            | Self::NoAttestation { .. }
            | Self::AttestationRefused { .. } => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Absent { .. } => {
                "Connect the token; the agent uses it again when it is back".to_owned()
            }
            Self::TokenNotFound { .. } => "Connect the token, or correct `token` in the config; \
                 `pkcs11-tool --module MODULE --list-token-slots` shows what the module sees"
                .to_owned(),
            Self::TokenAmbiguous { .. } => {
                "Add `serial=` to `token` in the config, so that it names one token".to_owned()
            }
            Self::TokenSwapped { expected, .. } => format!(
                "Connect token {expected} again; keys in another token have to be enrolled anew"
            ),
            Self::Locked { keystore, .. } => {
                format!("Type its PIN: `privyseal agent unlock {keystore}`")
            }
            Self::Busy { .. } => {
                "Ask again in a moment; if this is the usual load, raise `sessions`".to_owned()
            }
            Self::Deadline { repeatable: false, .. } => "It may still be carried out: look at \
                 `privyseal agent status` and `privyseal key list` before you ask again"
                .to_owned(),
            Self::Deadline { .. } => "Ask again; if it stays, look at the token and its module's \
                 own log, and restart the agent where a call never returns"
                .to_owned(),
            Self::Fault { .. } => {
                "Look at the module's path, its own log and the token; the agent \
                 goes on trying"
                    .to_owned()
            }
            Self::Refused { .. } => "Look up the token's answer in its manual".to_owned(),
            Self::KeyNotFound { .. } => {
                "Look whether the right token is connected; enrol the key anew where it was replaced"
                    .to_owned()
            }
            Self::KeyMismatch { .. } => "Somebody replaced the object: find out who and why; a \
                 new key is enrolled under a new name"
                .to_owned(),
            Self::KeyExtractable { key, .. } => format!(
                "Generate a key on the token instead, or accept this one by adding \"{key}\" to \
                 `accept_extractable` in the config"
            ),
            Self::MechanismUnsupported { .. } => {
                "Use a key of another algorithm, or another token".to_owned()
            }
            Self::PinIncorrect { keystore, .. } | Self::PinLatched { keystore, .. } => format!(
                "Make sure of the PIN, then type it with `privyseal agent unlock {keystore}`, or \
                 correct the PIN source and use it with `privyseal agent unlock {keystore} --again`"
            ),
            Self::PinLocked { keystore } => format!(
                "Set a new user PIN with the SO PIN, as the token's manual says (`pkcs11-tool \
                 --module MODULE --login --login-type so --init-pin`); of a YubiKey with the PUK: \
                 `privyseal yubikey unblock {keystore}`"
            ),
            Self::PinFinalTry { keystore } => format!(
                "Log in once with the token's own tool and the right PIN, which resets its \
                 counter, or set a new PIN with the SO PIN, then unlock; of a YubiKey with the \
                 PUK: `privyseal yubikey unblock {keystore}`"
            ),
            Self::PinUnavailable { keystore, .. } => format!(
                "Correct the PIN source, then `privyseal agent unlock {keystore} --again`; or \
                 type the PIN with `privyseal agent unlock {keystore}`"
            ),
            Self::FactorySecret { keystore, what } => {
                let (command, word) = match *what {
                    "PIN" => ("change-pin", "pin"),
                    "PUK" => ("change-puk", "puk"),
                    _ => ("set-management-key", "management-key"),
                };
                format!(
                    "Set another: `privyseal yubikey {command} {keystore}`; or accept it by adding \
                     \"{word}\" to `accept_factory` in the config"
                )
            }
            Self::TouchTimeout { device, .. } => {
                format!("Ask again, and touch {device} when it blinks")
            }
            Self::Held { .. } => "End the program that holds it: `gpgconf --kill scdaemon` for GnuPG, \
                 else look for ykman, yubikey-agent or a browser; the agent goes on trying"
                .to_owned(),
            Self::SlotOccupied { .. } => "Choose another slot (9a, 9c, 9d, 9e, 82 to 95), or lose \
                 that key for ever with `--replace`"
                .to_owned(),
            Self::ManagementKeyRefused { keystore, .. } => format!(
                "Give it with `--management-key-file`, or have the device keep one under the PIN: \
                 `privyseal yubikey set-management-key {keystore}`"
            ),
            Self::PukIncorrect { .. } => "Make sure of the PUK: each wrong one costs a try, and \
                 there is no other way to unblock the PIN"
                .to_owned(),
            Self::PukLocked { .. } => "Nothing is tried at the last try. With PIN and PUK blocked \
                 the PIV application can only be reset (`ykman piv reset`), which destroys its keys"
                .to_owned(),
            Self::NoAttestation { .. } => "Generate the key on a YubiKey if the policy demands an \
                 attestation; without one, anybody may have a copy of the key"
                .to_owned(),
            Self::AttestationRefused { remedy, .. } => remedy.clone(),
            Self::LoginNotRecorded { .. } => {
                "See to the ledger first; `privyseal agent status` says what is wrong with it"
                    .to_owned()
            }
        }
    }
}
