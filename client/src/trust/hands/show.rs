use std::collections::{BTreeMap, BTreeSet};

use privyseal_proto::v1::{LineageRef, LineageReply, ObserveRequest};
use privyseal_tuf::{Document, Requirement, Role, RoleType};

use super::{Hand, Hands, Known};
use crate::agent::AgentError;
use crate::repo::is_seen;

impl Hands<'_> {
    /// Shows a key's agent the finished documents that it must know before it signs one of a role,
    /// as far as it has not seen them: what others published since.
    ///
    /// # Errors
    /// Where it does not take one. That need not matter: then it signs all the same.
    pub(super) async fn show(
        &mut self,
        known: &Known,
        role: &Role,
        hand: &Hand,
    ) -> Result<(), AgentError> {
        if known.first_root.is_none() {
            return Ok(());
        }
        let lineage = known.lineage(&hand.held.key.authority);
        let needed = known.documents.iter().filter(|(of, _)| matters(of, role));
        let needed: Vec<(Role, Document)> = needed.cloned().collect();
        let roles: Vec<Role> = needed.iter().map(|(role, _)| role.clone()).collect();
        let agent = self.agent(&hand.held.agent)?;
        // An agent that does not know the repository says so when it is asked to sign.
        let Ok(memory) = agent.lineage(&lineage, &roles).await else {
            return Ok(());
        };
        let mut refused = None;
        for (of, document) in needed {
            if is_known(&memory, &of, role, &document) {
                continue;
            }
            let shown = self.observe(&hand.held.agent, &lineage, &of, &document);
            if let Err(error) = shown.await {
                // What comes after it may be taken all the same.
                refused.get_or_insert(error);
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Shows the agents that will sign new documents what is published, before any is signed: what
    /// others published is taken by the keys that counted for it, and new documents may change those.
    pub async fn catch_up(&mut self, known: &Known, new: &[(&Role, &[Requirement])]) {
        for (role, requirements) in new {
            let keys = requirements
                .iter()
                .flat_map(|required| required.keys.values());
            let hands = keys.filter_map(|key| self.holder(key.fingerprint()));
            for hand in hands.cloned().collect::<Vec<_>>() {
                // What an agent does not take, it says again when it is asked to sign.
                drop(self.show(known, role, &hand).await);
            }
        }
    }

    /// The newest versions of roles that any agent signed or was shown.
    pub async fn versions(&self, known: &Known, roles: &[Role]) -> BTreeMap<Role, u64> {
        let mut versions = BTreeMap::new();
        if known.first_root.is_none() {
            return versions;
        }
        let holders = self.keys.iter().map(|hand| {
            let key = &hand.held.key;
            (hand.held.agent.as_str(), key.authority.as_str())
        });
        let holders: BTreeSet<(&str, &str)> = holders.collect();
        for (agent, authority) in holders {
            let Ok(agent) = self.agent(agent) else {
                continue;
            };
            // One that does not know the repository signed nothing of it.
            let Ok(reply) = agent.lineage(&known.lineage(authority), roles).await else {
                continue;
            };
            for memory in reply.roles {
                let role = roles.iter().find(|role| role.as_str() == memory.role);
                if let Some(role) = role {
                    let version = versions.entry(role.clone()).or_default();
                    *version = memory.version.max(*version);
                }
            }
        }
        versions
    }

    async fn observe(
        &mut self,
        name: &str,
        lineage: &LineageRef,
        role: &Role,
        document: &Document,
    ) -> Result<(), AgentError> {
        let request = ObserveRequest {
            lineage: Some(lineage.clone()),
            role: role.to_string(),
            document: document.to_bytes(),
        };
        let agent = self.agent(name)?;
        let reply = agent.signing().observe(request).await;
        let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
        self.note(name, reply.head);
        Ok(())
    }
}

/// Whether an agent that signs a document of `signed` must know the one of `of`: the roots, what
/// delegates to it, and its own; of a snapshot every file that it names.
fn matters(of: &Role, signed: &Role) -> bool {
    match (of, signed) {
        (Role::Top(RoleType::Root), _) => true,
        (_, Role::Top(RoleType::Root)) => false,
        (_, Role::Top(RoleType::Snapshot)) => true,
        (Role::Top(RoleType::Targets), _) => true,
        (Role::Delegated(of), Role::Delegated(signed)) => {
            let rest = signed.as_str().strip_prefix(of.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        _ => false,
    }
}

/// Who signs a snapshot must know the very files, not only what they say; of roots the newest.
fn is_known(memory: &LineageReply, of: &Role, signed: &Role, document: &Document) -> bool {
    let Ok(view) = document.view(of.kind()) else {
        return false;
    };
    let version = view.version();
    if signed.top() == Some(RoleType::Snapshot) && of.top() != Some(RoleType::Snapshot) {
        let mut known = memory.roles.iter();
        return known.any(|known| known.role == of.as_str() && known.version > version);
    }
    is_seen(memory, of, version)
}
