//! Attestation: a YubiKey's word, signed by its maker, of where a key was made and how it is used.
//!
//! A YubiKey writes a certificate for a key that it generated and signs it with its own key in slot
//! F9, whose certificate Yubico signed in the factory ("PIV attestation", developers.yubico.com;
//! "PIV Attestation OID Arc", docs.yubico.com). Here such certificates are read and verified. No
//! file is opened here, no device is asked, and no clock is looked at.

mod attested;
mod certificate;
mod chain;
mod claim;
mod error;
mod expected;
mod firmware;
mod form_factor;
mod path;
mod roots;
mod signature;
mod statement;

pub use attested::{Attested, RootId};
pub use chain::AttestationChain;
pub use error::AttestationError;
pub use expected::{Expected, Mismatch};
pub use firmware::{BadFirmware, Firmware, Weakness};
pub use form_factor::FormFactor;
pub use roots::{Root, Roots};

pub(in crate::keystore) use claim::Claim;

use certificate::Certificate;

/// Verifies an attestation, and says what it attests.
///
/// A path must lead from the leaf to one of the roots, over certificates of the chain and those
/// that Yubico publishes between its newer root and its devices. What is on the path must hold; what
/// else is in the chain is only read.
///
/// The dates in the certificates are compared with no clock. A YubiKey has none: it copies the dates
/// of F9's certificate, which Yubico writes to outlast the device (2052, 9999). They say nothing of
/// when the key was made, and a key is no worse for them: a root key must not stop signing because
/// an operator's own F9 certificate was made for a year. A root that is not to be trusted any more is
/// taken away from `roots`.
///
/// # Errors
/// Where a certificate can't be read, no path leads to a root, a signature on it is wrong, or the
/// leaf is not a YubiKey's attestation of a key that can sign here.
pub fn verify(chain: &AttestationChain, roots: &Roots) -> Result<Attested, AttestationError> {
    let read = chain.ders().iter().enumerate();
    let read = read.map(|(index, der)| Certificate::read(der, index));
    let certificates = read.collect::<Result<Vec<_>, _>>()?;
    let Some((leaf, others)) = certificates.split_first() else {
        return Err(AttestationError::Empty);
    };
    let slot = statement::slot(leaf)?;
    leaf.check_leaf()?;
    let path = path::find(leaf, others, roots)?;
    let statement = statement::read(leaf)?;
    Attested::new(leaf, slot, statement, &path)
}

#[cfg(test)]
mod tests;
