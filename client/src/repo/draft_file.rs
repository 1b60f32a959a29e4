//! A draft as one small file, for signers who do not have the project.

mod check;
mod error;
mod make;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use privyseal_proto::v1;
use privyseal_tuf::{Document, KeyId, Requirement, Role, RoleType, Sha256Digest, ViewError};

pub use error::DraftFileError;

/// The longest published document that a draft file carries for comparison, in bytes: 1 MiB.
const MAX_BEFORE: usize = 1 << 20;

/// How many bytes of earlier roots a draft file carries at most; the last one always. 256 KiB.
const MAX_ROOTS: usize = 256 << 10;

const FORMAT: &str = "privyseal-draft";
const FORMAT_VERSION: i64 = 1;

/// A document that is being signed, with what a signer needs to judge and to sign it.
///
/// It holds nothing secret. Whoever wrote the file could have written anything: what it says of
/// owners and signers is only shown. Its documents must fit together, but which repository they
/// belong to is for the agents to say, who are shown the roots and know their own.
#[derive(Clone, Debug)]
pub struct DraftFile {
    /// The authority in the agents' configs.
    pub authority: String,
    /// The repository's name.
    pub repository: String,
    /// What names the lineage.
    pub first_root: Sha256Digest,
    /// The draft's role.
    pub role: Role,
    /// The draft, with the signatures that it has so far.
    pub document: Document,
    /// What is published of the role.
    pub before: Before,
    /// Finished roots, each followed by the next, as far back as there is room. The last one is the
    /// one before the draft, or the one that says who signs for it.
    pub roots: Vec<Document>,
    /// For a delegated role: the finished documents that lead to it, from the top-level targets on.
    pub delegators: Vec<(Role, Document)>,
    /// Whose keys are whose, as the project says.
    pub owners: BTreeMap<KeyId, String>,
    /// Who signed with what, as the signers' clients noted.
    pub signers: BTreeMap<KeyId, Signer>,
}

/// What a draft changes.
#[derive(Clone, Debug)]
pub enum Before {
    /// The role's first document.
    Nothing,
    /// This document.
    Document(Box<Document>),
    /// A document of more than [`MAX_BEFORE`] bytes, which is not in the file.
    Omitted {
        /// Its version.
        version: u64,
        /// Of its payload.
        digest: Sha256Digest,
    },
}

/// Where a signature was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The agent's name at the signer's place.
    pub agent: String,
    /// The key's name there.
    pub key: String,
    /// The token's label.
    pub token: String,
    /// The token's serial number.
    pub serial: String,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {} (serial {})", self.token, self.serial)
    }
}

impl DraftFile {
    /// The draft's version.
    pub fn version(&self) -> Result<u64, ViewError> {
        Ok(self.document.view(self.role.kind())?.version())
    }

    /// Whose signatures the draft needs: of a root, those of the root before it and its own; of a
    /// delegated role, those that each of its delegators asks for.
    pub fn requirements(&self) -> Result<Vec<Requirement>, DraftFileError> {
        check::requirements(self)
    }

    /// Whether what the file says is published of the role has the signatures that it needs. For
    /// that the file vouches with its roots and delegators; where the role's keys changed since,
    /// nobody vouches.
    pub fn before_is_signed(&self) -> Result<bool, DraftFileError> {
        check::before_is_signed(self)
    }

    /// How the agents know the repository.
    pub fn lineage(&self) -> v1::LineageRef {
        v1::LineageRef {
            authority: self.authority.clone(),
            repository: self.repository.clone(),
            first_root: self.first_root.to_string(),
        }
    }

    /// The finished documents that agents must know before they sign the draft, in the order of
    /// their trust.
    pub fn finished(&self) -> impl Iterator<Item = (Role, &Document)> {
        let roots = self.roots.iter().map(|root| (RoleType::Root.into(), root));
        let delegators = self.delegators.iter();
        roots.chain(delegators.map(|(role, document)| (role.clone(), document)))
    }

    /// The name of a draft file, such as `root-3.draft.json`.
    pub fn file_name(&self) -> Result<String, ViewError> {
        let stem = match &self.role {
            Role::Top(role) => role.to_string(),
            Role::Delegated(name) => name.file_stem(),
        };
        Ok(format!("{stem}-{}.draft.json", self.version()?))
    }
}
