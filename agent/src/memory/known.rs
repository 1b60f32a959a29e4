//! What is known where a document of one role is decided on.

use std::sync::Arc;

use parking_lot::RwLockReadGuard;
use privyseal_tuf::Role;

use super::{Ancestry, Delegated, Lineage, LineageId, LineageState, RoleHistory};

/// What the agent knows of a role and of what it hangs on. A copy: whoever reads it holds nobody up.
#[derive(Debug)]
pub struct Known {
    /// The role.
    pub role: Role,
    /// The four roles, and what their documents say.
    pub state: Arc<LineageState>,
    /// The delegations that lead to the role; empty for one of the four.
    pub ancestry: Ancestry,
    history: Arc<RoleHistory>,
    lineage: Arc<Lineage>,
}

impl Known {
    pub(super) fn new(lineage: &Arc<Lineage>, role: &Role) -> Self {
        let state = lineage.facts();
        let (history, ancestry) = match role {
            Role::Top(_) => Default::default(),
            Role::Delegated(name) => {
                let delegated = lineage.delegated();
                let history = delegated.history(name).cloned();
                (history.unwrap_or_default(), Ancestry::of(&delegated, name))
            }
        };
        Self {
            role: role.clone(),
            state,
            ancestry,
            history,
            lineage: Arc::clone(lineage),
        }
    }

    /// Of a lineage that is yet to be opened.
    #[must_use]
    pub fn nothing(id: LineageId, role: &Role) -> Self {
        Self::new(&Arc::new(Lineage::new(id)), role)
    }

    /// The lineage's name.
    #[must_use]
    pub fn lineage(&self) -> &LineageId {
        self.lineage.id()
    }

    /// The versions of the role.
    #[must_use]
    pub fn history(&self) -> &RoleHistory {
        match &self.role {
            Role::Top(role) => self.state.history(*role),
            Role::Delegated(_) => &self.history,
        }
    }

    /// All delegated roles. Those who remember wait as long as it is held.
    pub fn delegated(&self) -> RwLockReadGuard<'_, Delegated> {
        self.lineage.delegated()
    }
}
