use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{LineageReply, ObserveRequest};
use privyseal_tuf::{Document, RoleType};

use super::Round;
use crate::agent::AgentError;
use crate::repo::work::Work;

impl Round<'_> {
    /// Shows the published documents to agents that missed them, so that all are in step. What an
    /// agent does not take becomes a problem of the round only if it matters: then the agent also
    /// refuses to sign.
    pub(super) async fn catch_up(&mut self, work: &Work) {
        if work.published().roots.is_empty() {
            return;
        }
        for name in self.involved(work) {
            // An agent that does not know the repository says so when it is asked to sign.
            let Ok(memory) = self.remembered(&name).await else {
                continue;
            };
            for (role, document) in unseen(work, &memory) {
                if let Err(error) = self.observe(&name, role, document).await {
                    self.problems.push(error.into());
                    break;
                }
            }
        }
    }

    /// Shows a finished document to every agent of the repository.
    pub(super) async fn show_to_agents(&mut self, work: &Work, role: RoleType) {
        let Some(document) = work.current(role) else {
            return;
        };
        for name in self.involved(work) {
            if let Err(error) = self.observe(&name, role, document).await {
                self.problems.push(error.into());
            }
        }
    }

    async fn remembered(&self, name: &str) -> Result<LineageReply, AgentError> {
        let Some(agent) = self.agents.named(name) else {
            return Ok(LineageReply::default());
        };
        let reply = agent.signing().lineage(self.lineage.clone()).await;
        Ok(reply.map_err(|status| agent.error(&status))?.into_inner())
    }

    async fn observe(
        &mut self,
        name: &str,
        role: RoleType,
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

/// The published documents that an agent has not seen as finished, in the order of their trust.
fn unseen<'a>(work: &'a Work, memory: &LineageReply) -> Vec<(RoleType, &'a Document)> {
    let mut documents = Vec::new();
    for role in RoleType::ALL {
        let known = memory
            .roles
            .iter()
            .find(|known| known.role == role.as_str());
        let seen = |version: u64| {
            known.is_some_and(|known| {
                known.version > version || known.version == version && known.state() == State::Final
            })
        };
        let published = match role {
            RoleType::Root => work.published().roots.iter().collect(),
            role => work.published().last(role).into_iter().collect::<Vec<_>>(),
        };
        documents.extend(published.into_iter().filter_map(|document| {
            let version = document.view(role).ok()?.version();
            (!seen(version)).then_some((role, document))
        }));
    }
    documents
}
