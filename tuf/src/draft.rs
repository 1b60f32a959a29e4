mod keys;
mod metadata;
mod root;
mod snapshot;
mod targets;
#[cfg(test)]
mod tests;
mod timestamp;

use std::marker::PhantomData;

use crate::json::{Object, Value};
use crate::{Dialect, Document, DocumentError, Expires, ViewError};

pub use metadata::Metadata;

/// The specification that fresh documents say they follow.
const SPEC_VERSION: &str = "1.0.34";

/// Metadata that is being written, of one role: `Draft<Root>`, `Draft<Targets>`,
/// `Draft<Snapshot>` or `Draft<Timestamp>`.
///
/// A draft edits the JSON value, so unknown fields survive. [`finish`](Self::finish) makes the
/// document that [`Signing`](crate::Signing) collects signatures for.
#[derive(Clone, Debug)]
pub struct Draft<M> {
    signed: Object,
    /// What was edited; empty where nothing was.
    before: Object,
    /// Members of the envelope that the specification does not name.
    unknown: Object,
    dialect: Dialect,
    role: PhantomData<M>,
}

/// Why a draft is no document. What was written is read again as strictly as what is received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Not a document at all, for a number beyond 2⁵³−1 or something nested too deep.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Not valid metadata of the role.
    #[error(transparent)]
    View(#[from] ViewError),
}

impl<M: Metadata> Draft<M> {
    /// Edits what a document says. Its signatures are left behind.
    pub fn edit(document: &Document) -> Result<Self, ViewError> {
        M::read(document)?;
        Ok(Self {
            signed: document.signed().clone(),
            before: document.signed().clone(),
            unknown: document.unknown().clone(),
            dialect: document.dialect(),
            role: PhantomData,
        })
    }

    fn fresh(dialect: Dialect, version: u64, expires: &Expires) -> Self {
        let mut draft = Self {
            signed: Object::new(),
            before: Object::new(),
            unknown: Object::new(),
            dialect,
            role: PhantomData,
        };
        draft.put("_type", Value::from(dialect.type_name(M::ROLE)));
        if dialect == Dialect::Spec {
            draft.put("spec_version", Value::from(SPEC_VERSION));
        }
        draft.set_version(version);
        draft.set_expires(expires);
        draft
    }

    /// Sets the version: 1 to 2⁵³−1.
    pub fn set_version(&mut self, version: u64) {
        self.put("version", Value::from(version));
    }

    /// Sets the expiry.
    pub fn set_expires(&mut self, expires: &Expires) {
        self.put("expires", Value::from(expires.as_str()));
    }

    fn put(&mut self, name: &str, value: Value) {
        self.signed.insert(name, value);
    }

    /// The document, as yet without signatures.
    pub fn finish(self) -> Result<Document, DraftError> {
        let document = Document::unsigned(self.signed).in_envelope(self.unknown);
        document.check()?;
        M::read(&document)?;
        Ok(document)
    }
}
