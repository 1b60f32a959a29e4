//! Received: the request's fields are what they say, from a caller that the config names.

use std::{fmt, sync::Arc};

use privyseal_proto::v1::{LineageRef, SignRequest};
use privyseal_tuf::{Role, RoleNameError, Sha256Digest};

use crate::{
    caller::Caller,
    config::Config,
    denial::{Denial, Reason},
    keystore::KeyName,
    memory::LineageId,
};

/// A lineage as a request names it; without a first root where the document is to be one.
#[derive(Debug, Clone)]
pub struct LineageName {
    /// The authority.
    pub authority: String,
    /// The repository.
    pub repository: String,
    /// The digest of the first root.
    pub first_root: Option<Sha256Digest>,
}

impl LineageName {
    /// Reads a request's reference.
    ///
    /// # Errors
    /// Where a name is missing or too long, or the digest is none.
    pub fn parse(reference: Option<LineageRef>) -> Result<Self, Denial> {
        let malformed = |what: &str| Denial::new(Reason::RequestMalformed, what);
        let reference = reference.ok_or_else(|| malformed("the request names no lineage"))?;
        for (field, name) in [
            ("authority", &reference.authority),
            ("repository", &reference.repository),
        ] {
            if name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
                let what = format!("lineage.{field} needs 1 to 255 printable characters");
                return Err(malformed(&what));
            }
        }
        let first_root = match reference.first_root.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                malformed("lineage.first_root is not a SHA-256 digest in hex (64 digits)")
            })?),
        };
        Ok(Self {
            authority: reference.authority,
            repository: reference.repository,
            first_root,
        })
    }

    /// The lineage with this first root.
    #[must_use]
    pub fn with_first_root(self, first_root: Sha256Digest) -> LineageId {
        LineageId {
            authority: self.authority,
            repository: self.repository,
            first_root,
        }
    }

    /// The lineage that is named.
    ///
    /// # Errors
    /// Where no first root was given.
    pub fn known(self) -> Result<LineageId, Denial> {
        match self.first_root {
            Some(first_root) => Ok(self.with_first_root(first_root)),
            None => Err(Denial::new(
                Reason::RequestMalformed,
                "lineage.first_root is missing: only a first root may be sent without it",
            )),
        }
    }
}

/// A request whose fields hold.
#[derive(Debug, Clone)]
pub struct Received {
    pub(super) caller: Arc<Caller>,
    pub(super) lineage: LineageName,
    pub(super) role: Role,
    pub(super) key: KeyName,
    pub(super) document: Vec<u8>,
}

impl Received {
    /// Takes a request from a caller.
    ///
    /// # Errors
    /// Where the config does not name the caller (who learns nothing more), or a field is malformed.
    pub fn new(caller: Arc<Caller>, request: SignRequest, config: &Config) -> Result<Self, Denial> {
        known(&caller, config)?;
        Ok(Self {
            lineage: LineageName::parse(request.lineage)?,
            role: role(&request.role)?,
            key: request.key.parse().map_err(|error| {
                Denial::new(
                    Reason::RequestMalformed,
                    format!("key `{}`: {error}", request.key.escape_debug()),
                )
            })?,
            document: within(request.document, config)?,
            caller,
        })
    }

    /// Takes it again, once a person was waited for.
    ///
    /// # Errors
    /// Where the config as it is now would not have taken it.
    pub(super) fn again(mut self, config: &Config) -> Result<Self, Denial> {
        known(&self.caller, config)?;
        self.document = within(self.document, config)?;
        Ok(self)
    }
}

/// Does the config name the caller at all?
pub(crate) fn known(caller: &Caller, config: &Config) -> Result<(), Denial> {
    if config.grants.knows(caller) {
        return Ok(());
    }
    Err(Denial::new(
        Reason::NoGrant,
        format!("{} has no grant here", caller.name()),
    ))
}

/// The role of that name: one of the four, or whatever metadata may delegate to.
pub(crate) fn role(name: &str) -> Result<Role, Denial> {
    name.parse().map_err(|error: RoleNameError| {
        let shown: String = name.chars().take(64).collect();
        let message = format!("there is no role `{}`: it {error}", shown.escape_debug());
        Denial::new(Reason::UnknownRole, message)
    })
}

/// A role as messages and logs name it: a delegated role's name is somebody else's word.
pub(crate) struct Named<'a>(pub(crate) &'a Role);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_str().escape_debug().fmt(f)
    }
}

/// A document within the config's limit.
pub(super) fn within(document: Vec<u8>, config: &Config) -> Result<Vec<u8>, Denial> {
    let limit = config.limits.document_bytes;
    if document.len() <= limit {
        return Ok(document);
    }
    let message = format!(
        "the document has {} bytes; the limit is {limit}",
        document.len()
    );
    Err(Denial::new(Reason::DocumentTooLarge, message))
}
