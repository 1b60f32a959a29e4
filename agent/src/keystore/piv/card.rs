//! A YubiKey as PC/SC shows it: readers, transactions, and the commands of its PIV application.
//!
//! This is the only place that knows of PC/SC and of the yubikey crate. Every command goes through
//! a transaction of our own, and not through that crate's calls: a security status (a PIN, a
//! management key) belongs to the card and not to a client, so whatever is verified is used and given
//! up before any other program reaches the card. The crate reads what the card says of its keys,
//! behind a shield that keeps its panics in.
//!
//! Sources: NIST SP 800-73-4, part 2 (commands), Yubico's PIV extensions
//! (developers.yubico.com/PIV/Introduction/Yubico_extensions.html), ISO/IEC 7816-4 (APDUs).

mod apdu;
mod error;
#[cfg(test)]
mod fake;
mod keys;
mod management;
mod metadata;
mod object;
mod pin;
mod pss;
mod readers;
mod session;
mod shield;
mod sign;
mod status;
mod tlv;

pub(super) use error::CardError;
pub(super) use management::ManagementAlgorithm;
pub(super) use metadata::{KeyMetadata, ManagementMetadata, SecretMetadata};
pub(super) use pin::{Reference, may_be_pin};
pub(super) use readers::{Readers, Seen};
pub(super) use session::{Session, in_transaction};
pub(super) use sign::LONGEST_MESSAGE;
