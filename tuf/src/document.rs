mod entry;
mod go;
mod payload;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::json::{JsonError, Object, Value};
use crate::{Dialect, KeyId, Signature};

pub use entry::SignatureEntry;
pub use payload::Payload;

/// The most signatures that a document may have.
pub const MAX_SIGNATURES: usize = 1024;

/// A metadata document: `{"signed": {…}, "signatures": […]}` (spec, section 4.2).
///
/// It keeps what was received: the bytes, every unknown field, signatures that don't verify.
#[derive(Clone, Debug)]
pub struct Document {
    /// Absent once a signature was added.
    received: Option<Arc<[u8]>>,
    payload: Payload,
    signatures: Vec<SignatureEntry>,
    /// Members of the envelope that the specification does not name.
    unknown: Object,
}

/// Why bytes are no metadata document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON that metadata may use.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not an object with the object `signed` and the array `signatures`.
    #[error("not a metadata document: {0}")]
    Envelope(&'static str),
    /// An entry of `signatures` without the strings `keyid` and `sig`.
    #[error("signatures[{0}] must be an object with the strings \"keyid\" and \"sig\"")]
    SignatureEntry(usize),
    /// The specification wants every keyid once.
    #[error("two signatures by keyid {0}: remove one")]
    DuplicateSignature(KeyId),
    /// More than [`MAX_SIGNATURES`].
    #[error("{0} signatures are more than the {MAX_SIGNATURES} that are read")]
    TooManySignatures(usize),
}

impl Document {
    /// Reads a document. Signatures are not verified here.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        Ok(Self {
            received: Some(bytes.into()),
            ..Self::read(bytes)?
        })
    }

    /// Reads a document that will not be written again, without keeping a copy of its bytes.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, DocumentError> {
        let Value::Object(mut envelope) = Value::parse(bytes)? else {
            return Err(DocumentError::Envelope("it is not an object"));
        };
        let Some(Value::Object(signed)) = envelope.remove("signed") else {
            return Err(DocumentError::Envelope("\"signed\" is not an object"));
        };
        let Some(Value::Array(signatures)) = envelope.remove("signatures") else {
            return Err(DocumentError::Envelope("\"signatures\" is not an array"));
        };
        Ok(Self {
            received: None,
            payload: Payload::of(signed),
            signatures: parse_signatures(signatures)?,
            unknown: envelope,
        })
    }

    /// A document that nobody signed yet.
    pub(crate) fn unsigned(signed: Object) -> Self {
        Self {
            received: None,
            payload: Payload::of(signed),
            signatures: Vec::new(),
            unknown: Object::new(),
        }
    }

    /// With these further members of its envelope.
    pub(crate) fn in_envelope(self, unknown: Object) -> Self {
        Self { unknown, ..self }
    }

    /// Whether what was put together here could be read again.
    pub(crate) fn check(&self) -> Result<(), DocumentError> {
        if Value::Object(self.envelope()).is_readable() {
            return Ok(());
        }
        // Reading it says what is wrong.
        Self::parse(&self.bytes()).map(drop)
    }

    /// The dialect that it is written in.
    pub fn dialect(&self) -> Dialect {
        Dialect::of(&self.payload.signed)
    }

    /// What is signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The members of `signed`.
    pub fn signed(&self) -> &Object {
        &self.payload.signed
    }

    /// Members of the envelope that the specification does not name.
    pub(crate) fn unknown(&self) -> &Object {
        &self.unknown
    }

    /// The signatures as they stand in the document, whether they verify or not.
    pub fn signatures(&self) -> &[SignatureEntry] {
        &self.signatures
    }

    /// What stands in the document as the signature by `keyid`, whether it verifies or not.
    pub fn signature(&self, keyid: &KeyId) -> Option<&SignatureEntry> {
        self.signatures.iter().find(|entry| entry.keyid() == keyid)
    }

    /// The document as a file: the received bytes where nothing was added to them, else
    /// [as files are written](Value::to_file).
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes().into_owned()
    }

    /// The document as a file, without a copy where it is kept as one.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.received {
            Some(received) => Cow::Borrowed(received),
            None => Cow::Owned(match self.dialect() {
                Dialect::Spec => Value::Object(self.envelope()).to_file(),
                Dialect::Notary => self.as_go(),
            }),
        }
    }

    /// The file as Go prints it in notary's dialect, whatever was received.
    pub(crate) fn as_go(&self) -> Vec<u8> {
        go::file(&self.payload.signed, &self.signatures)
    }

    fn envelope(&self) -> Object {
        let entries = self.signatures.iter().map(SignatureEntry::to_value);
        let mut envelope = self.unknown.clone();
        envelope.insert("signatures", Value::Array(entries.collect()));
        envelope.insert("signed", Value::Object(self.signed().clone()));
        envelope
    }

    /// Writes a signature in the place of what the document had from this keyid.
    pub(crate) fn put_signature(&mut self, keyid: &KeyId, signature: &Signature) {
        let known = self.signatures.iter().position(|e| e.keyid() == keyid);
        let mut entry = match known.and_then(|at| self.signatures.get(at)) {
            Some(entry) => entry.clone(),
            None => SignatureEntry::new(keyid.clone()),
        };
        entry.set(self.dialect(), signature);
        match known.and_then(|at| self.signatures.get_mut(at)) {
            Some(place) if *place == entry => return,
            Some(place) => *place = entry,
            None => self.signatures.push(entry),
        }
        self.received = None;
    }
}

fn parse_signatures(values: Vec<Value>) -> Result<Vec<SignatureEntry>, DocumentError> {
    if values.len() > MAX_SIGNATURES {
        return Err(DocumentError::TooManySignatures(values.len()));
    }
    let entries = values
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            SignatureEntry::parse(value).ok_or(DocumentError::SignatureEntry(index))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = BTreeSet::new();
    match entries.iter().find(|entry| !seen.insert(entry.keyid())) {
        Some(twice) => Err(DocumentError::DuplicateSignature(twice.keyid().clone())),
        None => Ok(entries),
    }
}
