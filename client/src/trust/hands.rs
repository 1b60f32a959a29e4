//! The keys at the agents that sign for image repositories.

mod collect;
mod error;
mod former;
mod make;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use privyseal_proto::v1;
use privyseal_tuf::{Document, Key, Requirement, Role, RoleType, Sha256Digest};

use super::docker_keys::PrivateKey;
use super::reference::Gun;
use crate::agent::{Agent, AgentError, Agents, ConnectError, HeldKey, KeyRef, TRUST};

pub use collect::{Collected, SignedBy};
pub use error::HandsError;
pub use make::NewKey;

/// Every trust key that the agents list, and the agents.
#[derive(Debug)]
pub struct Hands<'a> {
    agents: &'a mut Agents,
    keys: Vec<Hand>,
    /// The heads that came with answers, by agent; each is proved at the end.
    heads: BTreeMap<String, Vec<v1::Head>>,
    /// Root keys in files, which a new root takes out.
    former: Vec<PrivateKey>,
}

/// A key that an agent holds.
#[derive(Clone, Debug)]
pub struct Hand {
    /// What its agent says of it.
    pub held: HeldKey,
    /// The bare key, whose keyid is the canonical one.
    pub key: Key,
}

/// What agents are shown before they sign for a repository.
#[derive(Clone, Debug)]
pub struct Known {
    /// The repository.
    pub gun: Gun,
    /// What names its lineage: the digest of what its first root says. None before it is signed.
    pub first_root: Option<Sha256Digest>,
    /// Finished documents, in the order of their trust: every root that is known, targets, and each
    /// delegated role after its delegator.
    pub documents: Vec<(Role, Document)>,
}

impl<'a> Hands<'a> {
    /// Asks the agents which trust keys they have for this user; where an authority is named, those
    /// of it alone.
    ///
    /// # Errors
    /// Where an agent does not say.
    pub async fn of(agents: &'a mut Agents, authority: Option<&str>) -> Result<Self, AgentError> {
        let held = agents.keys().await?.into_iter();
        let is_wanted = |held: &HeldKey| {
            held.key.purpose == TRUST
                && authority.is_none_or(|authority| held.key.authority == authority)
        };
        let mut keys = Vec::new();
        for held in held.filter(is_wanted) {
            let key = held.tuf_key()?;
            keys.push(Hand { held, key });
        }
        Ok(Self {
            agents,
            keys,
            heads: BTreeMap::new(),
            former: Vec::new(),
        })
    }

    /// Every key.
    #[must_use]
    pub fn keys(&self) -> &[Hand] {
        &self.keys
    }

    /// The agents.
    #[must_use]
    pub fn agents(&self) -> &Agents {
        self.agents
    }

    /// Adds a key that was just made.
    ///
    /// # Errors
    /// Where the agent's answer makes no sense.
    pub fn add(&mut self, held: HeldKey) -> Result<Hand, AgentError> {
        let key = held.tuf_key()?;
        let hand = Hand { held, key };
        self.keys.push(hand.clone());
        Ok(hand)
    }

    /// Whether the keys that are ready meet a requirement by themselves.
    #[must_use]
    pub fn can_sign(&self, required: &Requirement) -> bool {
        let keys = required.keys.values().map(Key::fingerprint);
        let keys: BTreeSet<Sha256Digest> = keys.collect();
        let held = keys.iter().filter(|print| self.holder(**print).is_some());
        held.count() >= required.role.threshold as usize
    }

    /// Whether any key of a requirement is here, ready or not.
    #[must_use]
    pub fn has_any(&self, required: &Requirement) -> bool {
        let mut keys = required.keys.values().map(Key::fingerprint);
        keys.any(|print| self.keys.iter().any(|hand| hand.key.fingerprint() == print))
    }

    /// The key that a name stands for.
    ///
    /// # Errors
    /// Where none does, or several.
    pub fn named(&self, wanted: &KeyRef) -> anyhow::Result<&Hand> {
        let held: Vec<HeldKey> = self.keys.iter().map(|hand| hand.held.clone()).collect();
        let found = self.agents.resolve(&held, wanted)?;
        let is_it =
            |hand: &&Hand| hand.held.agent == found.agent && hand.held.key.name == found.key.name;
        let hand = self.keys.iter().find(is_it);
        hand.ok_or_else(|| self.agents.unknown(wanted))
    }

    /// The keys for a role of a repository by their own word: `root`, `targets`, `snapshot` or
    /// `delegation`.
    #[must_use]
    pub fn for_role(&self, gun: &Gun, role: &str) -> Vec<&Hand> {
        let is_it = |hand: &&Hand| hand.held.key.role == role && hand.covers(gun);
        self.keys.iter().filter(is_it).collect()
    }

    /// A key that is ready, by what tells public keys apart.
    fn holder(&self, print: Sha256Digest) -> Option<&Hand> {
        let mut hands = self.keys.iter();
        hands.find(|hand| hand.key.fingerprint() == print && hand.held.key.usable)
    }

    fn agent(&self, name: &str) -> Result<&Agent, AgentError> {
        self.agents
            .named(name)
            .ok_or_else(|| AgentError::WrongAnswer {
                agent: name.to_owned(),
                message: "it is gone".to_owned(),
            })
    }

    /// Notes a head that came with an agent's answer.
    pub fn note(&mut self, agent: &str, head: Option<v1::Head>) {
        self.heads.entry(agent.to_owned()).or_default().extend(head);
    }

    /// Has every agent prove that the heads of its answers are of one ledger.
    ///
    /// # Errors
    /// Where one does not.
    pub async fn prove(&mut self) -> Result<(), ConnectError> {
        for (name, heads) in std::mem::take(&mut self.heads) {
            if let Some(agent) = self.agents.named_mut(&name) {
                agent.prove(&heads).await?;
            }
        }
        Ok(())
    }
}

impl Hand {
    /// `AGENT:NAME`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.held.agent, self.held.key.name)
    }

    /// The token that it is in.
    #[must_use]
    pub fn token(&self) -> (&str, &str) {
        (&self.held.key.token_label, &self.held.key.token_serial)
    }

    /// Whether it is for a repository: by its name, or by a glob.
    #[must_use]
    pub fn covers(&self, gun: &Gun) -> bool {
        let repository = self.held.key.repository.as_str();
        if repository == gun.as_str() {
            return true;
        }
        let glob = globset::GlobBuilder::new(repository)
            .literal_separator(true)
            .build();
        glob.is_ok_and(|glob| glob.compile_matcher().is_match(gun.as_str()))
    }
}

impl Known {
    /// Nothing is published yet.
    #[must_use]
    pub fn nothing_of(gun: &Gun) -> Self {
        Self {
            gun: gun.clone(),
            first_root: None,
            documents: Vec::new(),
        }
    }

    /// A new finished document takes the place of the one before it; roots follow each other.
    pub fn learn(&mut self, role: &Role, document: &Document) {
        if role.top() == Some(RoleType::Root) && self.first_root.is_none() {
            self.first_root = Some(document.payload().digest);
        }
        if role.top() != Some(RoleType::Root) {
            self.documents.retain(|(known, _)| known != role);
        }
        self.documents.push((role.clone(), document.clone()));
        self.documents
            .sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    fn lineage(&self, authority: &str) -> v1::LineageRef {
        v1::LineageRef {
            authority: authority.to_owned(),
            repository: self.gun.as_str().to_owned(),
            first_root: self
                .first_root
                .map(|digest| digest.to_string())
                .unwrap_or_default(),
        }
    }
}
