use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::link::Delegator;
use super::{Link, Searches, TrustedRepository, VerifyError};
use crate::{DelegatedRole, DelegatedRoles, Delegations, Role, RoleName, Snapshot, SuccinctRoles};
use crate::{Targets, VerifiedRole};

/// So many delegations are followed in one repository.
pub const MAX_DELEGATIONS: usize = 1 << 20;

/// Leads to every role of a repository, over every delegation to it once.
///
/// It gives out links as they become known, or what hinders one; whoever has verified a link shows
/// what it leads to with [`enter`](Self::enter), which makes more of them known, also after the
/// iterator had come to an end. Links can be verified side by side, and no document is kept.
#[derive(Debug)]
pub struct Walk<'a> {
    snapshot: &'a Snapshot,
    /// Seconds since 1970.
    now: i64,
    /// Delegators whose links are not all given out.
    open: VecDeque<Open>,
    /// The roles that were entered, with the delegations of those that have some.
    entered: BTreeMap<Role, Option<Arc<Delegations>>>,
    given_out: usize,
}

/// Delegations of one role that are still to be followed.
#[derive(Debug)]
struct Open {
    delegator: Delegator,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    /// The next one's place in the list.
    Listed(usize),
    /// The bins that the snapshot lists, and what is wrong with it where it lists not all.
    Bins(std::vec::IntoIter<RoleName>, Option<Box<VerifyError>>),
}

impl TrustedRepository {
    /// Begins with the delegations of the verified top-level targets.
    pub fn walk(&self) -> Result<Walk<'_>, VerifyError> {
        let (targets, snapshot) = self.top()?;
        let mut walk = Walk {
            snapshot,
            now: self.now,
            open: VecDeque::new(),
            entered: BTreeMap::new(),
            given_out: 0,
        };
        walk.add(Role::TARGETS, targets);
        Ok(walk)
    }

    pub(super) fn top(&self) -> Result<(&Targets, &Snapshot), VerifyError> {
        let both = self.targets.as_ref().zip(self.snapshot.as_ref());
        both.ok_or(VerifyError::Order("the top-level targets come first"))
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Link, VerifyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let open = self.open.front_mut()?;
            if self.given_out >= MAX_DELEGATIONS {
                let delegator = open.delegator.role.clone();
                self.open.clear();
                let most = MAX_DELEGATIONS;
                return Some(Err(VerifyError::TooManyDelegations { delegator, most }));
            }
            match open.next() {
                Some(Ok(delegation)) => {
                    self.given_out += 1;
                    let link = open.delegator.link(delegation, self.snapshot, self.now);
                    return Some(Ok(link));
                }
                Some(Err(error)) => return Some(Err(error)),
                None => drop(self.open.pop_front()),
            }
        }
    }
}

impl Walk<'_> {
    /// Takes what a link leads to. False where the role was entered before over another delegation,
    /// so that its targets are known.
    pub fn enter(&mut self, link: &Link, verified: &VerifiedRole) -> bool {
        self.add(link.role().clone().into(), &verified.targets)
    }

    /// Who is asked for which path, as far as roles were entered.
    pub fn searches(self) -> Searches {
        Searches::new(self.entered)
    }

    fn add(&mut self, role: Role, targets: &Targets) -> bool {
        if self.entered.contains_key(&role) {
            return false;
        }
        let delegator = Delegator::new(role.clone(), targets);
        let delegations = delegator.as_ref().map(|delegator| &delegator.delegations);
        self.entered.insert(role, delegations.cloned());
        if let Some(delegator) = delegator {
            let rest = match &delegator.delegations.roles {
                DelegatedRoles::Listed(_) => Rest::Listed(0),
                DelegatedRoles::Succinct(succinct) => {
                    let (listed, missing) = bins(succinct, &delegator.role, self.snapshot);
                    Rest::Bins(listed.into_iter(), missing.map(Box::new))
                }
            };
            self.open.push_back(Open { delegator, rest });
        }
        true
    }
}

impl Open {
    fn next(&mut self) -> Option<Result<DelegatedRole, VerifyError>> {
        match (&self.delegator.delegations.roles, &mut self.rest) {
            (DelegatedRoles::Listed(roles), Rest::Listed(at)) => {
                let role = roles.get(*at)?;
                *at += 1;
                Some(Ok(role.clone()))
            }
            (DelegatedRoles::Succinct(succinct), Rest::Bins(names, missing)) => {
                if let Some(missing) = missing.take() {
                    return Some(Err(*missing));
                }
                Some(Ok(succinct.role(&names.next()?)?))
            }
            _ => None,
        }
    }
}

/// The bins that a snapshot lists. There can be 2³², so they are looked for among its entries.
fn bins(
    succinct: &SuccinctRoles,
    delegator: &Role,
    snapshot: &Snapshot,
) -> (Vec<RoleName>, Option<VerifyError>) {
    let names = snapshot.meta.keys();
    let names = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok());
    let listed: BTreeSet<RoleName> = names.filter(|name| succinct.role(name).is_some()).collect();
    let first = succinct.names().find(|name| !listed.contains(name));
    let missing = first.map(|first| VerifyError::MissingBins {
        first,
        delegator: delegator.clone(),
        listed: listed.len() as u64,
        bins: succinct.bins(),
    });
    (listed.into_iter().collect(), missing)
}
