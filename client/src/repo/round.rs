//! A round of signatures: each role's document is sent to the agents that hold its keys, every
//! signature is verified here, and finished documents are shown to all agents of the repository.

mod accept;
mod ask;
mod bins;
mod memory;
mod stream;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use privyseal_proto::v1;
use privyseal_tuf::{Key, Role, RoleType, Sha256Digest};

use super::project::Project;
use super::settings::KeySettings;
use super::work::Work;
use crate::agent::{Agents, HeldKey, KeyRef};
use crate::show::escape;

pub(super) use accept::{accept, counts, missing};
pub use memory::align_versions;
pub(crate) use stream::sign_one;
pub(crate) use tell::is_seen;

/// Which signatures a round asks for.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only this role's.
    pub role: Option<Role>,
    /// Only this key's.
    pub key: Option<KeyRef>,
}

/// How a round ended.
#[derive(Debug)]
pub struct Outcome {
    /// The roles whose drafts still miss signatures.
    pub unfinished: Vec<Role>,
    /// What did not work, in order.
    pub problems: Vec<anyhow::Error>,
}

/// A round of signatures.
pub struct Round<'a> {
    project: &'a Project,
    agents: &'a mut Agents,
    /// The keys that the agents list, by what tells public keys apart: metadata that was made
    /// elsewhere may give them other keyids.
    held: Vec<(Sha256Digest, HeldKey)>,
    lineage: v1::LineageRef,
    choice: Choice,
    out: &'a mut dyn Write,
    /// The heads that came with answers, by agent.
    seen: BTreeMap<String, BTreeMap<(u64, Vec<u8>), v1::Head>>,
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
        let held = agents.keys().await?.into_iter();
        let held = held.filter_map(|held| Some((held.tuf_key().ok()?.fingerprint(), held)));
        let held = held.collect();
        let lineage = lineage_ref(project, work)?;
        Ok(Self {
            project,
            agents,
            held,
            lineage,
            choice,
            out,
            seen: BTreeMap::new(),
            problems: Vec::new(),
        })
    }

    /// Signs from root to timestamp. What was signed is kept, whatever happens after. A draft that
    /// stays unfinished does not hold up what can do without it.
    pub async fn run(mut self, work: &mut Work) -> anyhow::Result<Outcome> {
        self.catch_up(work).await?;
        self.show_bins(work).await?;
        let mut unfinished = Vec::new();
        for batch in batches(work)? {
            let prepared = self.prepare(work, &batch)?;
            self.sign_roles(work, &prepared).await?;
            for role in &prepared {
                if work.is_complete(role)? {
                    self.show_to_agents(work, role).await?;
                } else {
                    unfinished.push(role.clone());
                }
            }
            let first = work.published().version(&Role::TARGETS).is_none();
            if first && !unfinished.is_empty() {
                // Nothing that comes after could be published without it.
                break;
            }
        }
        self.prove_heads().await?;
        Ok(Outcome {
            unfinished,
            problems: self.problems,
        })
    }

    /// Makes the drafts of roles, and says which have one.
    fn prepare(&self, work: &mut Work, roles: &[Role]) -> anyhow::Result<Vec<Role>> {
        let mut prepared = Vec::new();
        for role in roles {
            // Who signs for it is not settled while its delegator misses signatures.
            let waits = role.delegated().is_some() && !work.is_delegated(role)?;
            let document = if waits { None } else { work.prepare(role)? };
            if let Some(document) = document {
                if work
                    .draft(role)
                    .is_none_or(|draft| draft.payload() != document.payload())
                {
                    self.project.drafts().write(role, &document)?;
                }
                work.set_draft(role.clone(), document);
                prepared.push(role.clone());
            }
        }
        Ok(prepared)
    }

    /// The agents that must know each finished document of this kind: those that hold a key of it,
    /// or of what comes after it. An agent with root keys alone has no use for a snapshot, and
    /// could not even tell which file of it a timestamp means.
    fn involved(&self, work: &Work, kind: RoleType) -> BTreeSet<String> {
        let settings = self.project.settings();
        let from = RoleType::ALL.into_iter().filter(|role| *role >= kind);
        let mut named: Vec<&KeySettings> = from
            .clone()
            .flat_map(|role| &settings.role(role).keys)
            .collect();
        if kind <= RoleType::Targets {
            named.extend(settings.delegated.keys());
        }
        let mut fingerprints = BTreeSet::new();
        for root in work.roots() {
            let keyids = from.clone().flat_map(|role| &root.roles.get(role).keyids);
            let keys = keyids.filter_map(|keyid| root.keys.get(keyid));
            fingerprints.extend(keys.map(Key::fingerprint));
        }
        let holds = |(fingerprint, held): &&(Sha256Digest, HeldKey)| {
            fingerprints.contains(fingerprint) || named.iter().any(|key| key.is_held_as(held))
        };
        let held = self.held.iter().filter(holds);
        held.map(|(_, held)| held.agent.clone()).collect()
    }

    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{}", escape(text))?)
    }

    fn note_head(&mut self, agent: &str, head: Option<v1::Head>) {
        let seen = self.seen.entry(agent.to_owned()).or_default();
        seen.extend(head.map(|head| ((head.size, head.root.clone()), head)));
    }

    /// Has every agent prove that the heads of its answers are of one ledger.
    async fn prove_heads(&mut self) -> anyhow::Result<()> {
        for (name, heads) in std::mem::take(&mut self.seen) {
            if let Some(agent) = self.agents.named_mut(&name) {
                let heads: Vec<v1::Head> = heads.into_values().collect();
                agent.prove(&heads).await?;
            }
        }
        Ok(())
    }
}

/// The roles of a round in its order; delegated roles that don't depend on each other together.
fn batches(work: &Work) -> anyhow::Result<Vec<Vec<Role>>> {
    let mut batches: Vec<(usize, Vec<Role>)> = Vec::new();
    for role in work.order()? {
        let depth = work.depth(&role);
        match batches.last_mut() {
            Some((last, batch)) if depth > 0 && *last == depth => batch.push(role),
            _ => batches.push((depth, vec![role])),
        }
    }
    Ok(batches.into_iter().map(|(_, batch)| batch).collect())
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

/// Whether this is a first root, which no agent can know yet.
fn is_root(role: &Role) -> bool {
    role.top() == Some(RoleType::Root)
}
