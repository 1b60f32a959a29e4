use privyseal_tuf::{DetachedSignature, Document, SignatureFile};

use crate::failure::Advice;
use crate::repo::draft_file::DraftFile;

/// What a file with signatures is.
pub(super) enum Source {
    /// A draft file that came back.
    Draft(Box<DraftFile>),
    /// Metadata with signatures.
    Document(Box<Document>),
    /// Signatures alone.
    Signatures(Vec<DetachedSignature>),
}

impl Source {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Advice> {
        if DraftFile::is_one(bytes) {
            let file = DraftFile::parse(bytes).map_err(|error| {
                Advice::failed(
                    format!("the draft file can't be used: {error}"),
                    "ask for the file again, or for the signature alone",
                )
            })?;
            return Ok(Self::Draft(Box::new(file)));
        }
        match SignatureFile::parse(bytes) {
            Ok(SignatureFile::Document(document)) => Ok(Self::Document(document)),
            Ok(SignatureFile::Signatures(signatures)) => Ok(Self::Signatures(signatures)),
            Err(error) => Err(Advice::failed(
                format!("it holds no signature that can be read: {error}"),
                "give bare bytes, hex, base64 or PEM of a signature, {\"keyid\", \"sig\"}, signed metadata, or a draft file",
            )),
        }
    }
}

/// The signatures of a document, without the empty ones that some tools write for those who have not
/// signed yet.
pub(super) fn entries(document: &Document) -> Vec<DetachedSignature> {
    let entries = document.signatures().iter();
    entries
        .filter(|entry| !entry.sig().is_empty())
        .map(|entry| DetachedSignature::from_entry(entry.keyid(), entry.sig()))
        .collect()
}
