//! The roles as a tree: who delegates what to whom.

mod group;
mod node;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use privyseal_tuf::{Delegations, Role};

use super::delegation::delegations;
use super::work::Work;

pub use group::{BinGroup, Delegatee, delegatees};
pub use node::{BinsNode, RoleKey, RoleNode, tree};

/// What one role delegates: as its draft says, where there is one, else as it is published.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The delegator.
    pub by: Role,
    /// What it delegates.
    pub delegations: Delegations,
}

/// Every role that delegates anything, each once, delegators before those that they delegate to.
/// Hashed bins are not looked into.
pub fn branches(work: &Work) -> anyhow::Result<Vec<Branch>> {
    let mut seen = BTreeSet::from([Role::TARGETS]);
    let mut branches: Vec<Branch> = Vec::new();
    let mut open = vec![Role::TARGETS];
    while !open.is_empty() {
        let mut below = Vec::new();
        for by in open {
            let Some(delegations) = delegations(work, &by)? else {
                continue;
            };
            let names =
                delegatees(&delegations)
                    .into_iter()
                    .filter_map(|delegatee| match delegatee {
                        Delegatee::One(role) => Some(Role::from(role.name)),
                        Delegatee::Bins(_) => None,
                    });
            below.extend(names.filter(|role| seen.insert(role.clone())));
            branches.push(Branch { by, delegations });
        }
        open = below;
    }
    Ok(branches)
}
