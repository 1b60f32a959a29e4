use std::collections::BTreeMap;

use privyseal_tuf::{Document, Role, Targets};

use super::{Publisher, State};
use crate::failure::Advice;
use crate::trust::hands::Hands;

impl Publisher<'_> {
    /// Lets roles begin anew whose published documents can't be built on and list nothing: of a name
    /// that was another key's. Nothing is lost by it.
    pub(super) async fn begin_empty_anew(&self, state: &mut State) -> anyhow::Result<()> {
        let roles: Vec<Role> = state.base.unusable.keys().cloned().collect();
        for role in roles {
            // Nobody vouches for it. Whoever could write there could only have its tags lost, which
            // count no more as it is.
            let left = self.left(state, &role).await?;
            let left = left.and_then(|left| left.targets().ok());
            if left.is_some_and(|left| left.targets.is_empty() && !delegates(&left)) {
                state.base.unusable.remove(&role);
            }
        }
        Ok(())
    }

    /// Notes which versions new documents must be above though they are not published: what agents
    /// signed and nobody published, and what the server keeps of a role that was taken back.
    pub(super) async fn raise_floors(
        &self,
        state: &mut State,
        hands: &Hands<'_>,
        roles: &[Role],
    ) -> anyhow::Result<()> {
        let mut floors: BTreeMap<Role, u64> = hands.versions(&state.known, roles).await;
        for role in roles.iter().filter(|role| state.base.version(role) == 0) {
            // Nobody vouches for it. It only says which version the server will take.
            let left = self.left(state, role).await?;
            let version = left.and_then(|left| Some(left.view(role.kind()).ok()?.version()));
            let floor = floors.entry(role.clone()).or_default();
            *floor = version.unwrap_or_default().max(*floor);
        }
        state.base.floors = floors;
        Ok(())
    }

    /// What the server keeps of a role, whoever signed it.
    async fn left(&self, state: &State, role: &Role) -> anyhow::Result<Option<Document>> {
        let snapshot = state.pulled.as_ref().map(|pulled| &pulled.snapshot.view);
        // Asked for one that its snapshot does not name, notary-server fails.
        let left = snapshot.and_then(|snapshot| snapshot.delegations.get(role.as_str()));
        let Some(left) = left else {
            return Ok(None);
        };
        let digest = left.sha256.as_bytes();
        let left = self.server.fetch_by_hash(self.gun(), role.as_str(), digest);
        let left = left.await.map_err(Advice::from)?;
        Ok(left.and_then(|bytes| Document::parse(&bytes).ok()))
    }
}

fn delegates(targets: &Targets) -> bool {
    let delegations = targets.delegations.as_ref();
    delegations.is_some_and(|all| all.names().next().is_some())
}
