//! Checkpoints: the ledger key's signature over the ledger's name and a head.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use crate::{Hash, Head};

const TITLE: &str = "privyseal checkpoint v1";

/// SubjectPublicKeyInfo (RFC 5480) of an uncompressed P-256 point, up to the point's own bytes.
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const UNCOMPRESSED: u8 = 4;
const POINT: usize = 65;

/// The text that is signed: four lines, each ended by a line feed (title, genesis as hex, size in
/// decimal, root in base64).
#[must_use]
pub fn text(genesis: &Hash, head: &Head) -> String {
    format!(
        "{TITLE}\n{genesis}\n{}\n{}\n",
        head.size,
        STANDARD.encode(head.root)
    )
}

/// Reads a checkpoint's text; only the exact form that [`text`] writes is taken.
///
/// # Errors
/// [`CheckpointError::Text`].
pub fn parse(text: &str) -> Result<(Hash, Head), CheckpointError> {
    let mut lines = text.split('\n');
    let mut line = || lines.next().ok_or(CheckpointError::Text);
    let (_title, genesis, size, root) = (line()?, line()?, line()?, line()?);
    let genesis = genesis.parse().map_err(|_| CheckpointError::Text)?;
    let size = size.parse().map_err(|_| CheckpointError::Text)?;
    let root = STANDARD.decode(root).map_err(|_| CheckpointError::Text)?;
    let root = Hash::try_from(root.as_slice()).map_err(|_| CheckpointError::Text)?;
    let head = Head { size, root };
    // One text, one meaning: whatever else could be read the same way is refused.
    if self::text(&genesis, &head) == text {
        Ok((genesis, head))
    } else {
        Err(CheckpointError::Text)
    }
}

/// Verifies a checkpoint's signature: raw r‖s, ECDSA P-256 over SHA-256 of the text.
///
/// # Errors
/// [`CheckpointError::Key`] where `spki_der` is no P-256 public key, [`CheckpointError::Signature`]
/// where the signature is not by that key over that text.
pub fn verify(spki_der: &[u8], text: &str, signature: &[u8]) -> Result<(), CheckpointError> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(spki_der)?)
        .verify(text.as_bytes(), signature)
        .map_err(|_| CheckpointError::Signature)
}

/// The uncompressed point of a P-256 SubjectPublicKeyInfo; whether it lies on the curve is checked
/// with each signature.
pub(crate) fn point(spki_der: &[u8]) -> Result<&[u8], CheckpointError> {
    spki_der
        .strip_prefix(&P256_SPKI)
        .filter(|point| point.len() == POINT && point.first() == Some(&UNCOMPRESSED))
        .ok_or(CheckpointError::Key)
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is not a checkpoint's.
    #[error("this is not the text of a checkpoint (\"{TITLE}\")")]
    Text,
    /// The ledger key is not what it must be.
    #[error("the ledger key is not an uncompressed P-256 public key in SubjectPublicKeyInfo form")]
    Key,
    /// The signature does not verify.
    #[error("the checkpoint's signature is not by the ledger key over this text")]
    Signature,
}
