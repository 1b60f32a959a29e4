use std::collections::BTreeMap;

use privyseal_tuf::{Document, Role};

use super::{Publisher, State};
use crate::failure::Advice;
use crate::trust::hands::Hands;
use crate::trust::server::ServerError;

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
        for role in roles.iter().filter(|role| role.delegated().is_some()) {
            if state.base.version(role) > 0 || state.pulled.is_none() {
                continue;
            }
            let bytes = match self.server.fetch(self.gun(), role.as_str()).await {
                Ok(Some(bytes)) => bytes,
                // notary-server fails where its snapshot does not name a delegation, which is so of
                // every new one.
                Ok(None) | Err(ServerError::Trouble { .. }) => continue,
                Err(error) => return Err(Advice::from(error).into()),
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
