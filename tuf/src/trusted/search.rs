use std::collections::BTreeMap;
use std::sync::Arc;

use super::descent::{Descent, MAX_SEARCHED, Step};
use super::router::Router;
use crate::{Delegations, Role, TargetPath};

/// Whom clients ask for which path, in a repository whose delegations are all known.
#[derive(Debug)]
pub struct Searches {
    /// Every role, with its delegations where it has some.
    roles: BTreeMap<Role, Option<Router>>,
}

/// The roles that a client asks for one path, as long as none has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchOrder {
    path: TargetPath,
    /// In the order in which they are asked, as many as a client asks.
    pub roles: Vec<Role>,
    /// Whether there would be more to ask.
    pub gives_up: bool,
    /// The role at which it breaks off, since the walk did not enter it: its document does not
    /// verify.
    pub blocked: Option<Role>,
}

/// What becomes of an entry of a role for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Clients find it.
    Found,
    /// A role that is asked before has another entry for the path.
    Shadowed(Role),
    /// The role is not trusted with the path: no delegations that cover it lead there.
    OutOfScope,
    /// A terminating delegation that comes before ends the search.
    CutOff,
    /// Clients give up before they ask this role.
    TooFar,
    /// A role that is asked before does not verify, and the search breaks off.
    Blocked(Role),
}

impl Searches {
    pub(super) fn new(roles: BTreeMap<Role, Option<Arc<Delegations>>>) -> Self {
        let roles = roles.into_iter();
        Self {
            roles: roles
                .map(|(role, delegations)| (role, delegations.map(Router::new)))
                .collect(),
        }
    }

    /// Whom a client asks for `path`.
    pub fn order(&self, path: &TargetPath) -> SearchOrder {
        self.descend(path, MAX_SEARCHED, false)
    }

    /// What becomes of the entry that `role` has for a path, where `holders` are the roles that
    /// have one.
    pub fn judge(&self, order: &SearchOrder, role: &Role, holders: &[Role]) -> Finding {
        match order.roles.iter().find(|asked| holders.contains(asked)) {
            Some(first) if first == role => return Finding::Found,
            Some(first) if order.roles.contains(role) => return Finding::Shadowed(first.clone()),
            _ => {}
        }
        if let Some(blocked) = &order.blocked {
            return Finding::Blocked(blocked.clone());
        }
        let reaches = |order: SearchOrder| order.roles.contains(role);
        if reaches(self.descend(&order.path, usize::MAX, false)) {
            Finding::TooFar
        } else if reaches(self.descend(&order.path, usize::MAX, true)) {
            Finding::CutOff
        } else {
            Finding::OutOfScope
        }
    }

    fn descend(&self, path: &TargetPath, most: usize, past_ends: bool) -> SearchOrder {
        let mut order = SearchOrder {
            path: path.clone(),
            roles: vec![Role::TARGETS],
            gives_up: false,
            blocked: None,
        };
        let mut descent = Descent::new();
        let mut asked = Role::TARGETS;
        loop {
            match self.roles.get(&asked) {
                None => {
                    order.roles.pop();
                    order.blocked = Some(asked);
                    return order;
                }
                Some(None) => {}
                Some(Some(router)) => {
                    let steps = router.covering(path).into_iter();
                    descent.enter(steps.map(|step| Step {
                        terminating: step.terminating && !past_ends,
                        ..step
                    }));
                }
            }
            let Some((name, ())) = descent.next() else {
                return order;
            };
            if descent.asked() > most {
                order.gives_up = true;
                return order;
            }
            asked = name.into();
            order.roles.push(asked.clone());
        }
    }
}
