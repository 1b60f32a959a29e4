//! What in a change should make a person stop before signing.

mod alike;
mod case;
mod cause;
mod deception;
mod delegations;
mod files;
mod header;
mod keys;
mod kind;
mod roles;
mod scopes;
mod shadows;
#[cfg(test)]
mod tests;
mod texts;

use crate::{Change, Document, Key, KeyId, Role, diff};

use case::Case;
pub use cause::Cause;
pub use deception::Deception;
pub use kind::{DangerKind, UnknownDanger};

/// What must be known beside the documents to tell what is dangerous.
#[derive(Clone, Copy)]
pub struct DangerContext<'a> {
    /// Whose documents they are.
    pub role: &'a Role,
    /// Unix seconds.
    pub now: i64,
    /// The latest expiry that is usual for the role, in Unix seconds.
    pub latest_expiry: i64,
    /// Whose a key is, or was, as far as this side knows. What a document says of its own keys does
    /// not belong here.
    pub owner: &'a dyn Fn(&KeyId) -> Option<String>,
}

/// What a signature would change, with what is dangerous about it.
#[derive(Debug)]
pub struct Review {
    /// All changes, as [`diff`](diff()) tells them.
    pub changes: Vec<Change>,
    /// What is dangerous: first about the whole document, then in the order of the changes.
    pub dangers: Vec<Danger>,
    keys: case::Keys,
}

/// A reason to look twice before signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// The change that it is about, by its place in [`Review::changes`]; none where it is about the
    /// whole document.
    pub change: Option<usize>,
    /// What is dangerous.
    pub cause: Cause,
}

impl Danger {
    /// What sort of danger it is.
    pub fn kind(&self) -> DangerKind {
        self.cause.kind()
    }
}

impl Review {
    /// Compares `new` with `old`, or with nothing: most of what is dangerous in a later version is
    /// how a first one is made.
    pub fn of(old: Option<&Document>, new: &Document, context: DangerContext<'_>) -> Self {
        let changes = diff(old, new);
        let case = Case::new(old, new, &changes, context);
        let mut dangers = Vec::new();
        header::check(&case, &mut dangers);
        keys::check(&case, &mut dangers);
        roles::check(&case, &mut dangers);
        delegations::check(&case, &mut dangers);
        files::check(&case, &mut dangers);
        shadows::check(&case, &mut dangers);
        texts::check(&case, &mut dangers);
        alike::check(&case, &mut dangers);
        dangers.sort_by_key(|danger| danger.change);
        let keys = case.into_keys();
        Self {
            changes,
            dangers,
            keys,
        }
    }

    /// A key that either document has: of two with one keyid, the new document's.
    pub fn key(&self, keyid: &KeyId) -> Option<&Key> {
        self.keys.get(keyid)
    }
}
