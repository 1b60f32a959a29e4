use std::collections::BTreeMap;

use super::error::{Fault, Problem, Within};
use super::fields::{hashes, length, object, optional, required};
use super::{Delegations, Header};
use crate::json::{self, Object, Value};
use crate::{Dialect, Hashes, RoleType, TargetPath};

/// Targets metadata (spec, section 4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    /// The fields that all roles have.
    pub header: Header,
    /// Every file that this role vouches for.
    pub targets: BTreeMap<TargetPath, Target>,
    /// Whom this role trusts with a part of its paths.
    pub delegations: Option<Delegations>,
}

/// One target file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Bytes of the file.
    pub length: u64,
    /// Digests of the file.
    pub hashes: Hashes,
    /// What the repository has to say about the file, for its own clients.
    pub custom: Option<Value>,
}

impl Targets {
    pub(super) fn parse(signed: &Object) -> Result<Self, Fault> {
        let header = Header::parse(signed, RoleType::Targets)?;
        let dialect = header.dialect;
        Ok(Self {
            targets: required(signed, "targets", |value| parse_targets(value, dialect))?,
            delegations: optional(signed, "delegations", |value| {
                Delegations::parse(value, dialect)
            })?,
            header,
        })
    }
}

impl Target {
    /// A target with this content, by its length and SHA-256.
    pub fn of(content: &[u8]) -> Self {
        Self {
            length: content.len() as u64,
            hashes: Hashes::sha256_of(content),
            custom: None,
        }
    }

    /// Whether `content` is this target.
    pub fn matches(&self, content: &[u8]) -> bool {
        self.length == content.len() as u64 && self.hashes.matches(content)
    }

    pub(crate) fn read(value: &Value, dialect: Dialect) -> Option<Self> {
        Self::parse(value, dialect).ok()
    }

    /// Writes the target's fields into an object; other members of it stay.
    pub(crate) fn write(&self, entry: &mut Object, dialect: Dialect) {
        entry.insert("length", Value::from(self.length));
        entry.insert("hashes", self.hashes.to_value_in(dialect));
        json::set(entry, "custom", self.custom.clone());
    }

    fn parse(value: &Value, dialect: Dialect) -> Result<Self, Fault> {
        let target = object(value)?;
        Ok(Self {
            length: required(target, "length", length)?,
            hashes: required(target, "hashes", |value| hashes(value, dialect))?,
            custom: target.get("custom").cloned(),
        })
    }
}

fn parse_targets(value: &Value, dialect: Dialect) -> Result<BTreeMap<TargetPath, Target>, Fault> {
    let members = object(value)?.iter();
    members
        .map(|(path, value)| {
            let target = Target::parse(value, dialect).within_key(path)?;
            Ok((
                TargetPath::try_from(path)
                    .map_err(Problem::TargetPath)
                    .within_key(path)?,
                target,
            ))
        })
        .collect()
}
