use std::collections::BTreeMap;

use super::error::{Fault, Problem, Within};
use super::fields::{boolean, object, optional, required};
use super::{Header, RoleKeys};
use crate::json::{Object, Value};
use crate::{Dialect, Key, KeyId, NotAKey, RoleType};

/// The most keys that a root may have.
pub const MAX_KEYS: usize = 1024;

/// Root metadata (spec, section 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The fields that all roles have.
    pub header: Header,
    /// Whether files are published under versioned names. Left out, it means no.
    pub consistent_snapshot: Option<bool>,
    /// All keys by the keyid that root gives them. Every keyid of a role is among them.
    pub keys: BTreeMap<KeyId, Key>,
    /// The keys of each role.
    pub roles: Roles,
}

/// The keys of each top-level role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Of root itself.
    pub root: RoleKeys,
    /// Of the top-level targets.
    pub targets: RoleKeys,
    /// Of the snapshot.
    pub snapshot: RoleKeys,
    /// Of the timestamp.
    pub timestamp: RoleKeys,
}

impl Roles {
    /// The keys of `role`.
    pub fn get(&self, role: RoleType) -> &RoleKeys {
        match role {
            RoleType::Root => &self.root,
            RoleType::Targets => &self.targets,
            RoleType::Snapshot => &self.snapshot,
            RoleType::Timestamp => &self.timestamp,
        }
    }

    /// Every role with its keys.
    pub fn iter(&self) -> impl Iterator<Item = (RoleType, &RoleKeys)> {
        RoleType::ALL.into_iter().map(|role| (role, self.get(role)))
    }
}

impl Root {
    pub(super) fn parse(signed: &Object) -> Result<Self, Fault> {
        let header = Header::parse(signed, RoleType::Root)?;
        let keys = required(signed, "keys", |value| parse_keys(value, header.dialect))?;
        Ok(Self {
            header,
            consistent_snapshot: optional(signed, "consistent_snapshot", boolean)?,
            roles: required(signed, "roles", |value| parse_roles(value, &keys))?,
            keys,
        })
    }
}

/// Keys of the document's own dialect; notary's stand under the keyid that is computed.
pub(super) fn parse_keys(value: &Value, dialect: Dialect) -> Result<BTreeMap<KeyId, Key>, Fault> {
    let members = object(value)?;
    // Before any is parsed: to put a curve point on its curve takes time.
    if members.len() > MAX_KEYS {
        return Err(Problem::TooManyKeys(members.len()).into());
    }
    members
        .iter()
        .map(|(keyid, value)| {
            let key = Key::parse(value).within_key(keyid)?;
            if key.dialect() != dialect {
                return Err(NotAKey).within_key(keyid);
            }
            let keyid_of = KeyId::from(&**keyid);
            if dialect == Dialect::Notary && keyid_of != *key.keyid() {
                return Err(Problem::KeyIdOf(key.keyid().clone())).within_key(keyid);
            }
            Ok((keyid_of, key))
        })
        .collect()
}

/// Other roles, such as mirrors, are left alone.
fn parse_roles(value: &Value, keys: &BTreeMap<KeyId, Key>) -> Result<Roles, Fault> {
    let object = object(value)?;
    let role =
        |role: RoleType| required(object, role.as_str(), |value| RoleKeys::parse(value, keys));
    Ok(Roles {
        root: role(RoleType::Root)?,
        targets: role(RoleType::Targets)?,
        snapshot: role(RoleType::Snapshot)?,
        timestamp: role(RoleType::Timestamp)?,
    })
}
