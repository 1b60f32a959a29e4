use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, RoleKeys, RoleName, Scope, SuccinctRoles,
};

use crate::repo::settings::bins;
use crate::repo::work::Work;

/// One delegation as a person thinks of it: of thousands of bins as one.
#[derive(Clone, Debug)]
pub enum Delegatee {
    /// To a role with a name of its own.
    One(DelegatedRole),
    /// To hashed bins that share their keys.
    Bins(BinGroup),
}

/// Hashed bins that share a prefix of their names, and their keys.
#[derive(Clone, Debug)]
pub struct BinGroup {
    /// `PREFIX-*`.
    pub name: String,
    /// Their keys and threshold.
    pub keys: RoleKeys,
    /// Whether the search ends with a bin.
    pub terminating: bool,
    /// Which bins there are.
    pub members: Members,
}

/// The bins of a group.
#[derive(Clone, Debug)]
pub enum Members {
    /// One delegation for each.
    Listed(Vec<RoleName>),
    /// TAP 15's short form.
    Succinct(SuccinctRoles),
}

/// The delegations in the order of their priority, bins together where the first of them stands.
pub fn delegatees(delegations: &Delegations) -> Vec<Delegatee> {
    let listed = match &delegations.roles {
        DelegatedRoles::Listed(listed) => listed,
        DelegatedRoles::Succinct(succinct) => {
            return vec![Delegatee::Bins(BinGroup {
                name: bins(succinct.name_prefix().as_str()),
                keys: succinct.keys().clone(),
                terminating: false,
                members: Members::Succinct(succinct.clone()),
            })];
        }
    };
    let mut found: Vec<Delegatee> = Vec::new();
    // The bins come one after the other, as a rule: the group of the last one is looked at first.
    for role in listed {
        let Some(name) = group_of(role) else {
            found.push(Delegatee::One(role.clone()));
            continue;
        };
        let group = found
            .iter_mut()
            .rev()
            .find_map(|delegatee| match delegatee {
                Delegatee::Bins(group) if group.takes(&name, role) => Some(group),
                _ => None,
            });
        match group.map(|group| &mut group.members) {
            Some(Members::Listed(members)) => members.push(role.name.clone()),
            _ => found.push(Delegatee::Bins(BinGroup {
                name,
                keys: role.keys.clone(),
                terminating: role.terminating,
                members: Members::Listed(vec![role.name.clone()]),
            })),
        }
    }
    found
}

/// `PREFIX-*` of a hashed bin.
fn group_of(role: &DelegatedRole) -> Option<String> {
    let Scope::HashPrefixes(_) = role.scope else {
        return None;
    };
    let (prefix, digits) = role.name.as_str().rsplit_once('-')?;
    let is_bin =
        (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_bin.then(|| bins(prefix))
}

impl BinGroup {
    fn takes(&self, name: &str, role: &DelegatedRole) -> bool {
        self.name == name && self.keys == role.keys && self.terminating == role.terminating
    }

    /// How many bins there are.
    pub fn count(&self) -> u64 {
        match &self.members {
            Members::Listed(members) => members.len() as u64,
            Members::Succinct(succinct) => succinct.bins(),
        }
    }

    /// The bins that are published.
    pub fn published(&self, work: &Work) -> Vec<RoleName> {
        self.among(
            |name| work.published().version(&name.clone().into()).is_some(),
            || {
                let listed = work.published().listed().keys();
                listed
                    .filter_map(|meta| meta.strip_suffix(".json")?.parse().ok())
                    .collect()
            },
        )
    }

    /// The bins that have a draft.
    pub fn drafted(&self, work: &Work) -> Vec<RoleName> {
        self.among(
            |name| work.draft(&name.clone().into()).is_some(),
            || {
                work.drafted()
                    .filter_map(|role| role.delegated())
                    .cloned()
                    .collect()
            },
        )
    }

    /// Those of a long list that are wanted; those of a short form out of all that there are: it can
    /// stand for 2³² bins.
    fn among(
        &self,
        wanted: impl Fn(&RoleName) -> bool,
        all: impl FnOnce() -> Vec<RoleName>,
    ) -> Vec<RoleName> {
        match &self.members {
            Members::Listed(members) => members
                .iter()
                .filter(|name| wanted(name))
                .cloned()
                .collect(),
            Members::Succinct(succinct) => {
                let is_bin = |name: &RoleName| succinct.role(name).is_some();
                all().into_iter().filter(is_bin).collect()
            }
        }
    }
}
