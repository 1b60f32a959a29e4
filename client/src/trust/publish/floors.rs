use std::collections::BTreeMap;

use privyseal_tuf::{Document, Role};

use super::{Publisher, State};
use crate::failure::Advice;
use crate::trust::hands::Hands;

impl Publisher<'_> {
    /// Notes which versions new documents must be above though they are not published: what agents
    /// signed and nobody published, and what the server keeps of a role that was taken back.
    pub(super) async fn raise_floors(
        &self,
        state: &mut State,
        hands: &Hands<'_>,
        roles: &[Role],
    ) -> anyhow::Result<()> {
        let mut floors: BTreeMap<Role, u64> = hands.versions(&state.known, roles).await;
        let snapshot = state.pulled.as_ref().map(|pulled| &pulled.snapshot.view);
        for role in roles.iter().filter(|role| state.base.version(role) == 0) {
            // Asked for one that its snapshot does not name, notary-server fails.
            let left = snapshot.and_then(|snapshot| snapshot.delegations.get(role.as_str()));
            let Some(left) = left else { continue };
            let digest = left.sha256.as_bytes();
            let left = self.server.fetch_by_hash(self.gun(), role.as_str(), digest);
            let Some(bytes) = left.await.map_err(Advice::from)? else {
                continue;
            };
            // Nobody vouches for it. It only says which version the server will take.
            let left = Document::parse(&bytes).ok();
            let version = left.and_then(|left| Some(left.view(role.kind()).ok()?.version()));
            let floor = floors.entry(role.clone()).or_default();
            *floor = version.unwrap_or_default().max(*floor);
        }
        state.base.floors = floors;
        Ok(())
    }
}
