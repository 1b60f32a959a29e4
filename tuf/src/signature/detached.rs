mod text;

#[cfg(test)]
mod tests;

use super::Signature;
use crate::json::{JsonError, MAX_BYTES, Object, Value};
use crate::{Algorithm, Document, DocumentError, KeyId};

/// The longest file with signatures alone, in bytes: as hex, the longest signature takes a
/// kilobyte.
pub const MAX_SIGNATURE_BYTES: usize = 64 << 10;

/// The most signatures that one file may hold beside a document.
pub const MAX_DETACHED: usize = 64;

/// A signature that was made elsewhere, in an encoding that nobody named. Which reading is the
/// right one shows when it verifies: see [`Signing::attach`](crate::Signing::attach).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachedSignature {
    keyid: Option<KeyId>,
    readings: Vec<Vec<u8>>,
}

/// What stands in a file that should hold signatures.
#[derive(Clone, Debug)]
pub enum SignatureFile {
    /// One signature or more, without what they sign.
    Signatures(Vec<DetachedSignature>),
    /// A whole document with its signatures.
    Document(Box<Document>),
}

/// Why a file holds no signatures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFileError {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// More bytes than are read.
    #[error("{0} bytes are more than a signature has")]
    TooLong(usize),
    /// More than [`MAX_DETACHED`].
    #[error("{0} signatures are more than the {MAX_DETACHED} that are read from one file")]
    TooMany(usize),
    /// PEM of something else, such as a key.
    #[error("it holds a {0}, not a signature")]
    Label(String),
    /// PEM without an end, or not base64 inside.
    #[error("its PEM is damaged")]
    Pem,
    /// Text that begins as JSON does.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON that nobody writes signatures in.
    #[error(
        "its JSON is neither {{\"keyid\", \"sig\"}}, nor a list of these, nor a metadata document"
    )]
    Shape,
    /// A document, but a bad one.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl SignatureFile {
    /// Reads a file. Nothing is verified here.
    ///
    /// It may hold bare bytes (r‖s, DER, Ed25519's or RSA's), their hex or base64, PEM of any label,
    /// `{"keyid", "sig"}` as securesystemslib writes it, a list of these, or a metadata document.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureFileError> {
        if bytes.len() > MAX_BYTES {
            return Err(SignatureFileError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).ok();
        if text.is_some_and(|text| text.trim_start().starts_with(['{', '['])) {
            return from_json(bytes);
        }
        if bytes.len() > MAX_SIGNATURE_BYTES {
            return Err(SignatureFileError::TooLong(bytes.len()));
        }
        let signatures = match text {
            Some(text) if text.trim().is_empty() => return Err(SignatureFileError::Empty),
            Some(text) if text.contains(text::BEGIN) => text::pem_blocks(text)?
                .into_iter()
                .map(|block| DetachedSignature::of(None, vec![block]))
                .collect(),
            _ => vec![DetachedSignature::from_bytes(bytes)],
        };
        bounded(signatures).map(Self::Signatures)
    }
}

impl DetachedSignature {
    /// Bare bytes, or text of them.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut readings = vec![bytes.to_vec()];
        if let Ok(text) = std::str::from_utf8(bytes) {
            readings.extend(text::readings(text));
        }
        Self::of(None, readings)
    }

    /// What stands in metadata or in securesystemslib's form: the keyid, and hex or base64.
    pub fn from_entry(keyid: &KeyId, sig: &str) -> Self {
        Self::of(Some(keyid.clone()), text::readings(sig))
    }

    fn of(keyid: Option<KeyId>, readings: Vec<Vec<u8>>) -> Self {
        Self { keyid, readings }
    }

    /// The same signature, said to be by this key.
    pub fn claimed_by(self, keyid: &KeyId) -> Self {
        Self::of(Some(keyid.clone()), self.readings)
    }

    /// Whose signature it says it is.
    pub fn keyid(&self) -> Option<&KeyId> {
        self.keyid.as_ref()
    }

    /// Every signature of this algorithm that the bytes can be read as; few.
    pub(crate) fn readings(&self, algorithm: Algorithm) -> impl Iterator<Item = Signature> {
        self.readings.iter().flat_map(move |bytes| {
            let raw = Signature::from_raw(algorithm, bytes);
            let der = Signature::from_der(algorithm, bytes);
            raw.ok().into_iter().chain(der.ok())
        })
    }
}

fn from_json(bytes: &[u8]) -> Result<SignatureFile, SignatureFileError> {
    let items = match Value::parse(bytes)? {
        Value::Object(object) if object.contains_key("signed") => {
            return Ok(SignatureFile::Document(Box::new(Document::parse(bytes)?)));
        }
        Value::Array(items) => items,
        object => vec![object],
    };
    let entries = items.iter().map(|item| {
        let object = item.as_object().ok_or(SignatureFileError::Shape)?;
        entry(object).ok_or(SignatureFileError::Shape)
    });
    let signatures = entries.collect::<Result<Vec<_>, _>>()?;
    bounded(signatures).map(SignatureFile::Signatures)
}

fn entry(object: &Object) -> Option<DetachedSignature> {
    let text = |name| object.get(name).and_then(Value::as_str);
    let keyid = KeyId::from(text("keyid")?);
    Some(DetachedSignature::from_entry(&keyid, text("sig")?))
}

fn bounded(
    signatures: Vec<DetachedSignature>,
) -> Result<Vec<DetachedSignature>, SignatureFileError> {
    match signatures.len() {
        0 => Err(SignatureFileError::Empty),
        1..=MAX_DETACHED => Ok(signatures),
        more => Err(SignatureFileError::TooMany(more)),
    }
}
