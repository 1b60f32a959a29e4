//! A round of signatures: each role's document is sent to the agents that hold its keys, every
//! signature is verified here, and finished documents are shown to all agents of the repository.

mod ask;
mod memory;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use privyseal_proto::v1;
use privyseal_tuf::{KeyId, RoleType};

use super::project::Project;
use super::work::Work;
use crate::agent::{Agents, HeldKey, KeyRef};
use crate::show::escape;

pub use memory::align_versions;

/// Which signatures a round asks for.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only this role's.
    pub role: Option<RoleType>,
    /// Only this key's.
    pub key: Option<KeyRef>,
}

/// How a round ended.
#[derive(Debug)]
pub struct Outcome {
    /// Every document has the signatures that it needs.
    pub complete: bool,
    /// What did not work, in order.
    pub problems: Vec<anyhow::Error>,
}

/// A round of signatures.
pub struct Round<'a> {
    project: &'a Project,
    agents: &'a mut Agents,
    held: Vec<HeldKey>,
    lineage: v1::LineageRef,
    choice: Choice,
    out: &'a mut dyn Write,
    /// The heads that came with answers, by agent.
    seen: BTreeMap<String, Vec<v1::Head>>,
    problems: Vec<anyhow::Error>,
}

impl<'a> Round<'a> {
    /// Begins a round with the keys that the agents list.
    pub async fn begin(
        project: &'a Project,
        work: &Work,
        agents: &'a mut Agents,
        choice: Choice,
        out: &'a mut dyn Write,
    ) -> anyhow::Result<Self> {
        let held = agents.keys().await?;
        let lineage = lineage_ref(project, work)?;
        let (seen, problems) = (BTreeMap::new(), Vec::new());
        Ok(Self {
            project,
            agents,
            held,
            lineage,
            choice,
            out,
            seen,
            problems,
        })
    }

    /// Signs from root to timestamp; goes no further than a document that stays unfinished, since
    /// the next ones name it. What was signed is kept, whatever happens after.
    pub async fn run(mut self, work: &mut Work) -> anyhow::Result<Outcome> {
        self.catch_up(work).await;
        let mut complete = true;
        for role in RoleType::ALL {
            let Some(document) = work.prepare(role)? else {
                continue;
            };
            self.project.drafts().write(role, &document)?;
            work.set_draft(role, document);
            self.sign_role(work, role).await?;
            if !work.is_complete(role)? {
                complete = false;
                break;
            }
            self.show_to_agents(work, role).await;
        }
        self.prove_heads().await?;
        Ok(Outcome {
            complete,
            problems: self.problems,
        })
    }

    /// The agents that hold a key of this repository: those must know each finished document.
    fn involved(&self, work: &Work) -> BTreeSet<String> {
        let mut keyids: BTreeSet<KeyId> = self
            .project
            .settings()
            .keys()
            .map(|(_, key)| key.keyid.clone())
            .collect();
        keyids.extend(work.roots().flat_map(|root| root.keys.into_keys()));
        let holds = |held: &&HeldKey| keyids.contains(held.key.keyid.as_str());
        self.held
            .iter()
            .filter(holds)
            .map(|held| held.agent.clone())
            .collect()
    }

    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{}", escape(text))?)
    }

    fn note_head(&mut self, agent: &str, head: Option<v1::Head>) {
        self.seen.entry(agent.to_owned()).or_default().extend(head);
    }

    /// Has every agent prove that the heads of its answers are of one ledger.
    async fn prove_heads(&mut self) -> anyhow::Result<()> {
        for (name, heads) in std::mem::take(&mut self.seen) {
            if let Some(agent) = self.agents.named_mut(&name) {
                agent.prove(&heads).await?;
            }
        }
        Ok(())
    }
}

/// How the agents know the repository.
pub fn lineage_ref(project: &Project, work: &Work) -> anyhow::Result<v1::LineageRef> {
    let first_root = project.first_root(work.published())?;
    Ok(v1::LineageRef {
        authority: project.settings().authority.clone(),
        repository: project.settings().repository.clone(),
        first_root: first_root
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
    })
}
