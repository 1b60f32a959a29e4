use std::collections::BTreeSet;

use crate::RoleName;

/// How many delegated roles a client asks for one path before it gives up, as python-tuf's does.
pub const MAX_SEARCHED: usize = 32;

/// The order in which the roles are asked for one path: depth first, in the order of the
/// delegations, none twice, and nobody else once a terminating delegation was taken (spec, section
/// 5.6.7).
#[derive(Debug)]
pub(super) struct Descent<T> {
    /// The next one last.
    stack: Vec<(RoleName, T)>,
    visited: BTreeSet<RoleName>,
}

/// A delegation that covers the path.
pub(super) struct Step<T> {
    pub(super) name: RoleName,
    pub(super) terminating: bool,
    pub(super) with: T,
}

impl<T> Descent<T> {
    pub(super) fn new() -> Self {
        Self {
            stack: Vec::new(),
            visited: BTreeSet::new(),
        }
    }

    /// Goes on with the delegations of the role that was asked last.
    pub(super) fn enter(&mut self, steps: impl IntoIterator<Item = Step<T>>) {
        let mut below = Vec::new();
        for step in steps {
            below.push((step.name, step.with));
            if step.terminating {
                self.stack.clear();
                break;
            }
        }
        self.stack.extend(below.into_iter().rev());
    }

    /// The role that is asked next.
    pub(super) fn next(&mut self) -> Option<(RoleName, T)> {
        loop {
            let (name, with) = self.stack.pop()?;
            if self.visited.insert(name.clone()) {
                return Some((name, with));
            }
        }
    }

    /// How many roles were asked.
    pub(super) fn asked(&self) -> usize {
        self.visited.len()
    }
}
