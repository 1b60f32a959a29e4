use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{LineageReply, ObserveRequest};
use privyseal_tuf::{Document, Role, RoleType};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Round;
use crate::agent::AgentError;
use crate::repo::work::Work;

impl Round<'_> {
    /// Shows the published documents to agents that missed them, so that all are in step. What an
    /// agent does not take becomes a problem of the round only if it matters: then the agent also
    /// refuses to sign.
    pub(super) async fn catch_up(&mut self, work: &Work) -> anyhow::Result<()> {
        if work.published().roots.is_empty() {
            return Ok(());
        }
        let named = work.named_roles();
        let involved = RoleType::ALL.map(|kind| (kind, self.involved(work, kind)));
        let involved = BTreeMap::from(involved);
        let must_know = |name: &String, role: &Role| {
            let agents = involved.get(&role.kind());
            agents.is_some_and(|agents| agents.contains(name))
        };
        for name in involved.values().flatten().collect::<BTreeSet<_>>() {
            // An agent that does not know the repository says so when it is asked to sign.
            let Ok(memory) = self.remembered(name, &named).await else {
                continue;
            };
            let mut unseen = unseen(work, &named, &memory)?;
            unseen.retain(|(role, _)| must_know(name, role));
            for (role, document) in unseen {
                if let Err(error) = self.observe(name, &role, &document).await {
                    self.problems.push(error.into());
                    break;
                }
            }
        }
        Ok(())
    }

    /// Shows a finished document to every agent that must know it. A hashed bin that one agent
    /// alone signed is known to it, and to nobody else of use.
    pub(super) async fn show_to_agents(&mut self, work: &Work, role: &Role) -> anyhow::Result<()> {
        let Some(document) = work.current(role)? else {
            return Ok(());
        };
        if let Some(name) = role.delegated()
            && document.signatures().len() == 1
            && work.is_bin(name)?
        {
            return Ok(());
        }
        for name in self.involved(work, role.kind()) {
            if let Err(error) = self.observe(&name, role, &document).await {
                self.problems.push(error.into());
            }
        }
        Ok(())
    }

    pub(super) async fn remembered(
        &self,
        name: &str,
        roles: &[Role],
    ) -> Result<LineageReply, AgentError> {
        let Some(agent) = self.agents.named(name) else {
            return Ok(LineageReply::default());
        };
        agent.lineage(&self.lineage, roles).await
    }

    pub(super) async fn observe(
        &mut self,
        name: &str,
        role: &Role,
        document: &Document,
    ) -> Result<(), AgentError> {
        let Some(agent) = self.agents.named(name) else {
            return Ok(());
        };
        let request = ObserveRequest {
            lineage: Some(self.lineage.clone()),
            role: role.to_string(),
            document: document.to_bytes(),
        };
        let reply = agent.signing().observe(request).await;
        let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
        self.note_head(name, reply.head);
        Ok(())
    }
}

/// Whether an agent knows this version of a role as finished, or a later one.
pub(crate) fn is_seen(memory: &LineageReply, role: &Role, version: u64) -> bool {
    let mut roles = memory.roles.iter();
    let known = roles.find(|known| known.role == role.as_str());
    known.is_some_and(|known| {
        known.version > version || known.version == version && known.state() == State::Final
    })
}

/// The published documents that an agent has not seen as finished, in the order of their trust.
fn unseen(
    work: &Work,
    named: &[Role],
    memory: &LineageReply,
) -> anyhow::Result<Vec<(Role, Arc<Document>)>> {
    let mut documents = Vec::new();
    for role in named {
        let seen = |version: u64| is_seen(memory, role, version);
        let published = match role {
            Role::Top(RoleType::Root) => work.published().roots.clone(),
            role => {
                let version = work.published().version(role);
                match version.filter(|version| !seen(*version)) {
                    Some(_) => work.published().document(role)?.into_iter().collect(),
                    None => Vec::new(),
                }
            }
        };
        documents.extend(published.into_iter().filter_map(|document| {
            let version = document.view(role.kind()).ok()?.version();
            (!seen(version)).then_some((role.clone(), document))
        }));
    }
    Ok(documents)
}
