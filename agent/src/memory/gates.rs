//! Gates: the one place in which a document of a role, or of a notary key, is decided on.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

/// A gate for each name that somebody is at. A gate that nobody waits at is forgotten, so that
/// asking for many names fills no memory.
#[derive(Debug)]
pub(super) struct Gates<N>(Mutex<Open<N>>);

#[derive(Debug)]
struct Open<N> {
    gates: HashMap<N, Weak<Gate<()>>>,
    /// With more gates than this, those that nobody is at are swept away.
    most: usize,
}

impl<N> Default for Gates<N> {
    fn default() -> Self {
        Self(Mutex::new(Open {
            gates: HashMap::new(),
            most: 0,
        }))
    }
}

impl<N: Hash + Eq + Clone> Gates<N> {
    /// Waits for the gate of `name`.
    pub(super) async fn enter(&self, name: &N) -> OwnedMutexGuard<()> {
        let gate = self.0.lock().gate(name);
        gate.lock_owned().await
    }
}

impl<N: Hash + Eq + Clone> Open<N> {
    fn gate(&mut self, name: &N) -> Arc<Gate<()>> {
        if let Some(gate) = self.gates.get(name).and_then(Weak::upgrade) {
            return gate;
        }
        if self.gates.len() > self.most {
            self.gates.retain(|_, gate| gate.strong_count() > 0);
            // Doubling spreads the cost of the sweeps.
            self.most = self.gates.len().saturating_mul(2).max(64);
        }
        let gate = Arc::default();
        self.gates.insert(name.clone(), Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use privyseal_tuf::{Role, RoleType};

    use super::*;

    /// What entering comes to at once.
    fn enter(gates: &Gates<Role>, role: &Role) -> Option<OwnedMutexGuard<()>> {
        let entering = pin!(gates.enter(role));
        match entering.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(held) => Some(held),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_role_has_one_gate_and_roles_do_not_wait_for_each_other() {
        let gates = Gates::default();
        let role = |name: &str| name.parse::<Role>().unwrap();
        let held = enter(&gates, &role("app"));
        assert!(held.is_some() && enter(&gates, &role("app")).is_none());
        for other in [role("lib"), RoleType::Targets.into(), role("APP")] {
            assert!(enter(&gates, &other).is_some());
        }
        drop(held);
        assert!(enter(&gates, &role("app")).is_some());
    }

    #[test]
    fn gates_that_nobody_is_at_are_forgotten() {
        let gates = Gates::default();
        let held = enter(&gates, &Role::TARGETS).unwrap();
        for bin in 0..10_000 {
            assert!(enter(&gates, &format!("bins-{bin}").parse().unwrap()).is_some());
        }
        assert!(gates.0.lock().gates.len() < 200);
        assert!(enter(&gates, &Role::TARGETS).is_none(), "somebody is there");
        drop(held);
    }
}
