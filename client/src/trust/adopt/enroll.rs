use std::collections::BTreeSet;

use privyseal_proto::v1::{EnrollRepositoryRequest, LineageRef, RoleDocument};
use privyseal_tuf::{Document, Role, RoleType};

use crate::agent::AgentError;
use crate::trust::hands::Hands;
use crate::trust::publish::State;

/// Makes a repository known to each agent that has keys for it, with every root from the first, and
/// what is published. Returns the agents that did not know it. It is an operator's act.
///
/// # Errors
/// Where one refuses.
pub async fn enroll(state: &State, hands: &mut Hands<'_>) -> Result<Vec<String>, AgentError> {
    let gun = &state.known.gun;
    let keys = hands.keys().iter().filter(|hand| hand.covers(gun));
    let places = keys.map(|hand| (hand.held.agent.clone(), hand.held.key.authority.clone()));
    let places: BTreeSet<(String, String)> = places.collect();
    let mut new = Vec::new();
    for (name, authority) in places {
        let Some(agent) = hands.agents().named(&name) else {
            continue;
        };
        let lineage = LineageRef {
            authority: authority.clone(),
            repository: gun.as_str().to_owned(),
            first_root: (state.known.first_root)
                .map(|digest| digest.to_string())
                .unwrap_or_default(),
        };
        if agent.lineage(&lineage, &[]).await.is_ok() {
            continue;
        }
        let mut admin = agent.admin();
        let reply = admin.enroll_repository(request(state, authority)).await;
        let reply = reply.map_err(|status| agent.error(&status))?;
        hands.note(&name, reply.into_inner().head);
        new.push(name);
    }
    Ok(new)
}

fn request(state: &State, authority: String) -> EnrollRepositoryRequest {
    let mut request = EnrollRepositoryRequest {
        authority,
        repository: state.known.gun.as_str().to_owned(),
        ..Default::default()
    };
    let documents: &[(Role, Document)] = &state.known.documents;
    for (role, document) in documents {
        let bytes = document.to_bytes();
        match role {
            Role::Top(RoleType::Root) => request.roots.push(bytes),
            Role::Top(RoleType::Targets) => request.targets = bytes,
            Role::Top(RoleType::Snapshot) => request.snapshot = bytes,
            Role::Top(RoleType::Timestamp) => request.timestamp = bytes,
            Role::Delegated(name) => request.delegated.push(RoleDocument {
                role: name.to_string(),
                document: bytes,
            }),
        }
    }
    request
}
