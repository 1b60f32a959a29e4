//! The fold: what each record adds to the memory.

use std::sync::Arc;

use privyseal_ledger::{Hash, Head};
use privyseal_proto::ledger::v1::{
    self as record, Checkpoint, Decision, Facts, KeyEnrolled, Observed, Outcome, Record,
    RepositoryEnrolled, Superseded, facts::Content, record::Event, snapshot_facts::Entry,
};
use privyseal_tuf::{RoleType, Sha256Digest, Signature};

use super::{
    EnrolledKey, Given, Lineage, LineageId, LineageState, LoginMemory, MAX_FILES, Memory,
    OpenDecision, RootFacts, State, VersionState,
};
use crate::keystore::{KeyName, KeystoreName};

impl Memory {
    /// Adds the record at `index`.
    ///
    /// A record that makes no sense adds nothing: the agent never writes one, and damage is the
    /// store's to find.
    pub fn apply(&self, index: u64, record: &Record) {
        if let Some(event) = &record.event {
            self.state.write().apply(index, event);
        }
    }
}

impl State {
    fn apply(&mut self, index: u64, event: &Event) {
        // `None` out of these only means "adds nothing".
        let _: Option<()> = match event {
            Event::Genesis(genesis) => {
                self.genesis = Some(genesis.clone());
                None
            }
            Event::Checkpoint(checkpoint) => self.checkpoint(checkpoint),
            Event::LoginOpened(login) => self.login(&login.keystore, LoginMemory::Open),
            Event::LoginClosed(login) => self.login(&login.keystore, outcome_of(login)),
            Event::KeystoreLocked(locked) => self.login(&locked.keystore, LoginMemory::Locked),
            Event::KeyEnrolled(enrolled) => self.enrol(enrolled),
            Event::Decision(decision) => self.decide(index, decision),
            Event::Outcome(outcome) => self.outcome(outcome),
            Event::Observed(observed) => self.observe(observed),
            Event::Superseded(superseded) => self.supersede(superseded),
            Event::RepositoryEnrolled(enrolled) => self.enrol_repository(enrolled),
            Event::AgentStarted(_)
            | Event::AgentStopped(_)
            | Event::Refusals(_)
            | Event::LedgerResumed(_) => None,
        };
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Option<()> {
        let root = Hash::try_from(checkpoint.root.as_slice()).ok()?;
        self.checkpoint = Some(Head {
            size: checkpoint.size,
            root,
        });
        Some(())
    }

    fn login(&mut self, keystore: &str, memory: LoginMemory) -> Option<()> {
        self.logins
            .insert(keystore.parse::<KeystoreName>().ok()?, memory);
        Some(())
    }

    fn enrol(&mut self, enrolled: &KeyEnrolled) -> Option<()> {
        let key = EnrolledKey::from_record(enrolled)?;
        // A name is never used again.
        self.keys
            .entry(key.bound.name.clone())
            .or_insert_with(|| Arc::new(key));
        Some(())
    }

    fn decide(&mut self, index: u64, decision: &Decision) -> Option<()> {
        let id = lineage_id(decision.lineage.as_ref()?)?;
        let role = decision.role.parse::<RoleType>().ok()?;
        let digest = digest(&decision.digest)?;
        let key = decision.key.parse::<KeyName>().ok()?;
        let fingerprint = self.keys.get(&key)?.fingerprint;
        if decision.opens_lineage {
            let lineage = Lineage::new(id.clone());
            self.lineages
                .entry(id.clone())
                .or_insert_with(|| Arc::new(lineage));
        }
        let version = decision.version;
        self.lineages.get(&id)?.change(|state| {
            if state.history_mut(role).current(version, &digest).is_none() {
                state.history_mut(role).begin(version, digest);
            }
            state.learn(role, decision.facts.as_ref());
            if let Some(last) = state.history_mut(role).current(version, &digest) {
                let given = last.signatures.entry(key.clone());
                given.or_insert(Given {
                    record: index,
                    key: fingerprint,
                    signature: None,
                });
            }
            if decision.completes {
                state.finalise(role);
            }
        });
        self.bind(&key, &id);
        self.open.insert(
            index,
            OpenDecision {
                lineage: id,
                role,
                version,
                digest,
                key,
            },
        );
        Some(())
    }

    /// A key without a lineage belongs to the first one that it signs for.
    fn bind(&mut self, name: &KeyName, id: &LineageId) {
        if let Some(key) = self.keys.get_mut(name)
            && key.first_root.is_none()
        {
            Arc::make_mut(key).first_root = Some(id.first_root);
        }
    }

    fn outcome(&mut self, outcome: &Outcome) -> Option<()> {
        let open = self.open.remove(&outcome.decision)?;
        let algorithm = self.keys.get(&open.key)?.bound.public_key.algorithm();
        let signature = Signature::from_raw(algorithm, &outcome.signature).ok()?;
        self.lineages.get(&open.lineage)?.change(|state| {
            // Not under other content, which may have superseded this while the token was slow.
            let history = state.history_mut(open.role);
            if let Some(last) = history.current(open.version, &open.digest)
                && let Some(given) = last.signatures.get_mut(&open.key)
            {
                given.signature = Some(signature);
            }
        });
        Some(())
    }

    fn observe(&mut self, observed: &Observed) -> Option<()> {
        let id = lineage_id(observed.lineage.as_ref()?)?;
        let role = observed.role.parse::<RoleType>().ok()?;
        let digest = digest(&observed.digest)?;
        let file = self::digest(&observed.file_sha256).map(|hash| (observed.file_length, hash));
        self.lineages.get(&id)?.change(|state| {
            let history = state.history_mut(role);
            if observed.version < history.version() {
                return;
            }
            if history.current(observed.version, &digest).is_none() {
                history.begin(observed.version, digest);
            }
            state.learn(role, observed.facts.as_ref());
            if let Some(last) = state.history_mut(role).current(observed.version, &digest) {
                let news = file.filter(|file| !last.files.contains(file));
                last.files
                    .extend(news.filter(|_| last.files.len() < MAX_FILES));
            }
            state.finalise(role);
        });
        Some(())
    }

    fn enrol_repository(&mut self, enrolled: &RepositoryEnrolled) -> Option<()> {
        let id = lineage_id(enrolled.lineage.as_ref()?)?;
        let lineage = Lineage::new(id.clone());
        self.lineages.entry(id).or_insert_with(|| Arc::new(lineage));
        for document in &enrolled.documents {
            self.observe(document);
        }
        Some(())
    }

    fn supersede(&mut self, superseded: &Superseded) -> Option<()> {
        let id = lineage_id(superseded.lineage.as_ref()?)?;
        let role = superseded.role.parse::<RoleType>().ok()?;
        let new = digest(&superseded.new_digest)?;
        self.lineages.get(&id)?.change(|state| {
            state.take_back(role);
            state.history_mut(role).supersede(new);
        });
        let first_root = role == RoleType::Root && superseded.version == 1;
        if first_root {
            self.rename(&id, new)
        } else {
            Some(())
        }
    }

    /// A first root names its lineage; superseding an unfinished one renames it, and its old name
    /// is never used again.
    fn rename(&mut self, old: &LineageId, first_root: Sha256Digest) -> Option<()> {
        let new = LineageId {
            first_root,
            ..old.clone()
        };
        if self.lineages.contains_key(&new) {
            return None;
        }
        let lineage = self.lineages.remove(old)?;
        self.given_up.insert(old.clone());
        self.lineages
            .insert(new.clone(), Arc::new(lineage.renamed(new)));
        for key in self.keys.values_mut() {
            let here = key.authority == old.authority && key.repository == old.repository;
            if here && key.first_root == Some(old.first_root) {
                Arc::make_mut(key).first_root = Some(first_root);
            }
        }
        Some(())
    }
}

impl LineageState {
    fn learn(&mut self, role: RoleType, facts: Option<&Facts>) -> Option<()> {
        let facts = facts?;
        let last = self.history_mut(role).last.as_mut()?;
        last.expires = facts.expires;
        last.known = true;
        match facts.content.as_ref()? {
            Content::Root(root) => {
                self.offered_root = Some(Arc::new(RootFacts::from_record(root)?))
            }
            Content::Targets(_) => {}
            Content::Snapshot(snapshot) => {
                self.entries_before.clear();
                for Entry { name, version } in &snapshot.raised {
                    let before = self.snapshot_entries.insert(name.clone(), *version);
                    self.entries_before.insert(name.clone(), before);
                }
            }
            Content::Timestamp(timestamp) => {
                self.timestamp_snapshot_before = self.timestamp_snapshot;
                self.timestamp_snapshot = timestamp.snapshot;
            }
        }
        Some(())
    }

    /// Takes back what the last content of a role, which is given up, had taught.
    fn take_back(&mut self, role: RoleType) {
        match role {
            RoleType::Root => self.offered_root = None,
            RoleType::Targets => {}
            RoleType::Snapshot => {
                for (name, before) in std::mem::take(&mut self.entries_before) {
                    match before {
                        Some(version) => self.snapshot_entries.insert(name, version),
                        None => self.snapshot_entries.remove(&name),
                    };
                }
            }
            RoleType::Timestamp => self.timestamp_snapshot = self.timestamp_snapshot_before,
        }
    }

    fn finalise(&mut self, role: RoleType) {
        let offered = if role == RoleType::Root {
            self.offered_root.take()
        } else {
            None
        };
        let Some(last) = self.history_mut(role).last.as_mut() else {
            return;
        };
        // A root that is complete already was only shown once more.
        let completed = last.state != VersionState::Final;
        last.state = VersionState::Final;
        if let Some(root) = offered.filter(|_| completed) {
            self.previous_root = self.trusted_root.replace(root);
        }
    }
}

fn outcome_of(login: &record::LoginClosed) -> LoginMemory {
    if login.accepted {
        LoginMemory::Accepted
    } else {
        LoginMemory::Refused {
            answer: login.answer.clone(),
        }
    }
}

fn lineage_id(lineage: &record::Lineage) -> Option<LineageId> {
    Some(LineageId {
        authority: lineage.authority.clone(),
        repository: lineage.repository.clone(),
        first_root: digest(&lineage.first_root)?,
    })
}

fn digest(bytes: &[u8]) -> Option<Sha256Digest> {
    Sha256Digest::try_from(bytes).ok()
}
