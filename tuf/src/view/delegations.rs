mod scope;
mod succinct;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::RoleKeys;
use super::error::{Fault, Problem, Within};
use super::fields::{array, boolean, object, required, text};
use super::root::parse_keys;
use crate::json::{Object, Value};
use crate::{Dialect, Key, KeyId, RoleName, TargetPath, notary};

pub use scope::{HashPrefix, NotAHashPrefix, Scope};
pub use succinct::{MAX_BIT_LENGTH, SuccinctRoles};

/// Whom targets metadata trusts with a part of its paths (spec, section 4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegations {
    /// The keys of the delegated roles, by the keyid that the delegator gives them.
    pub keys: BTreeMap<KeyId, Key>,
    /// The delegated roles.
    pub roles: DelegatedRoles,
}

/// Delegated roles, in either form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DelegatedRoles {
    /// `roles`: in the order of their priority, each name once.
    Listed(Vec<DelegatedRole>),
    /// `succinct_roles` (TAP 15).
    Succinct(SuccinctRoles),
}

/// A delegation to one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedRole {
    /// The role.
    pub name: RoleName,
    /// Its keys and threshold.
    pub keys: RoleKeys,
    /// Whether the search for a path that this delegation covers ends here.
    pub terminating: bool,
    /// The paths that it is trusted with.
    pub scope: Scope,
}

impl Delegations {
    /// What it says of a role.
    pub fn role(&self, name: &RoleName) -> Option<DelegatedRole> {
        match &self.roles {
            DelegatedRoles::Listed(roles) => roles.iter().find(|role| role.name == *name).cloned(),
            DelegatedRoles::Succinct(succinct) => succinct.role(name),
        }
    }

    /// The roles that are trusted with a path, in the order in which a client asks them.
    pub fn of(&self, path: &TargetPath) -> Vec<DelegatedRole> {
        match &self.roles {
            DelegatedRoles::Listed(roles) => {
                let covering = roles.iter().filter(|role| role.scope.covers(path));
                covering.cloned().collect()
            }
            DelegatedRoles::Succinct(succinct) => {
                let name = succinct.name_of(path);
                succinct.role(&name).into_iter().collect()
            }
        }
    }

    /// The name of every role, in their order.
    pub fn names(&self) -> Box<dyn Iterator<Item = RoleName> + '_> {
        match &self.roles {
            DelegatedRoles::Listed(roles) => Box::new(roles.iter().map(|role| role.name.clone())),
            DelegatedRoles::Succinct(succinct) => Box::new(succinct.names()),
        }
    }

    pub(super) fn parse(value: &Value, dialect: Dialect) -> Result<Self, Fault> {
        let delegations = object(value)?;
        let keys = required(delegations, "keys", |value| parse_keys(value, dialect))?;
        let roles = match (delegations.get("roles"), delegations.get("succinct_roles")) {
            (Some(_), Some(_)) => return Err(Problem::TwoForms("roles", "succinct_roles").into()),
            (Some(roles), None) => {
                DelegatedRoles::Listed(parse_roles(roles, &keys, dialect).within_key("roles")?)
            }
            (None, Some(roles)) => DelegatedRoles::Succinct(
                SuccinctRoles::parse(roles, &keys).within_key("succinct_roles")?,
            ),
            (None, None) => return Err(Problem::Missing).within_key("roles"),
        };
        Ok(Self { keys, roles })
    }
}

fn parse_roles(
    value: &Value,
    keys: &BTreeMap<KeyId, Key>,
    dialect: Dialect,
) -> Result<Vec<DelegatedRole>, Fault> {
    let mut seen = BTreeSet::new();
    let mut roles = Vec::new();
    for (index, item) in array(value)?.iter().enumerate() {
        let role = DelegatedRole::parse(item, keys, dialect).within_index(index)?;
        if !seen.insert(role.name.clone()) {
            return Err(Problem::DuplicateRole(role.name)).within_index(index);
        }
        roles.push(role);
    }
    Ok(roles)
}

impl DelegatedRole {
    fn parse(value: &Value, keys: &BTreeMap<KeyId, Key>, dialect: Dialect) -> Result<Self, Fault> {
        let role = object(value)?;
        Ok(Self {
            name: required(role, "name", |value| -> Result<RoleName, Problem> {
                let name = text(value)?;
                if dialect == Dialect::Notary {
                    name.parse::<notary::Delegation>()?;
                }
                Ok(name.parse()?)
            })?,
            keys: match dialect {
                Dialect::Spec => RoleKeys::parse(value, keys)?,
                Dialect::Notary => RoleKeys::parse_notary(value, keys)?,
            },
            terminating: match dialect {
                Dialect::Spec => required(role, "terminating", boolean)?,
                Dialect::Notary => false,
            },
            scope: match dialect {
                Dialect::Spec => Scope::parse(role)?,
                Dialect::Notary => Scope::parse_notary(role)?,
            },
        })
    }

    /// Writes its fields into an object; other members of it stay.
    pub(crate) fn write(&self, entry: &mut Object, dialect: Dialect) {
        entry.insert("name", Value::from(self.name.as_str()));
        self.keys.write(entry);
        if dialect == Dialect::Spec {
            entry.insert("terminating", Value::Bool(self.terminating));
        }
        self.scope.write(entry);
    }
}
