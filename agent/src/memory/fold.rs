//! The fold: what each record adds to the memory.

mod changing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use privyseal_ledger::{Hash, Head};
use privyseal_proto::ledger::v1::{
    self as record, Checkpoint, Decision, EnrollmentPart, KeyEnrolled, Observed, Outcome, Record,
    RepositoryEnrolled, Superseded, record::Event,
};
use privyseal_tuf::{Role, RoleType, Sha256Digest, Signature};

pub(super) use self::changing::Changing;
use super::{
    EnrolledKey, Given, Lineage, LineageId, LoginMemory, MAX_FILES, Memory, OpenDecision, Parts,
    State,
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
            Event::LoginOpened(login) => {
                self.sources.opened(login);
                self.login(&login.keystore, LoginMemory::Open)
            }
            Event::LoginClosed(login) => {
                self.sources.closed(login);
                self.login(&login.keystore, outcome_of(login))
            }
            Event::KeystoreLocked(locked) => self.login(&locked.keystore, LoginMemory::Locked),
            Event::KeyEnrolled(enrolled) => self.enrol(enrolled),
            Event::Decision(decision) => self.decide(index, decision),
            Event::Outcome(outcome) => self
                .outcome(outcome)
                .or_else(|| self.outcome_notary(outcome)),
            Event::Observed(observed) => self.observe(observed),
            Event::Superseded(superseded) => self.supersede(superseded),
            Event::EnrollmentPart(part) => self.enrol_part(part),
            Event::RepositoryEnrolled(enrolled) => self.enrol_repository(enrolled),
            Event::NotaryDecision(decision) => self.decide_notary(index, decision),
            Event::NotaryRestored(restored) => self.restored(restored),
            Event::KeyRemoved(removed) => self.remove_key(index, removed),
            Event::KeyCertified(certified) => self.certify(certified),
            Event::DeviceChanged(changed) => self.sources.changed(changed),
            Event::KeyAttested(attested) => self.attest(index, attested),
            Event::AgentStarted(_)
            | Event::AgentStopped(_)
            | Event::ConfigReloaded(_)
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
        let key = Arc::new(EnrolledKey::from_record(enrolled)?);
        let name = &key.bound.name;
        // A name is never used again.
        if self.keys.contains_key(name) || self.notary.is_removed(name) {
            return None;
        }
        self.enrol_notary(&key);
        self.keys.insert(name.clone(), key);
        Some(())
    }

    fn decide(&mut self, index: u64, decision: &Decision) -> Option<()> {
        let id = lineage_id(decision.lineage.as_ref()?)?;
        let role = decision.role.parse::<Role>().ok()?;
        let digest = digest(&decision.digest)?;
        let key = decision.key.parse::<KeyName>().ok()?;
        let enrolled = self.keys.get(&key)?;
        let fingerprint = enrolled.fingerprint;
        if enrolled.purpose.trust().is_some() {
            self.used.insert(key.clone());
        }
        if decision.opens_lineage {
            let lineage = Lineage::new(id.clone());
            self.lineages
                .entry(id.clone())
                .or_insert_with(|| Arc::new(lineage));
        }
        let version = decision.version;
        self.lineages.get(&id)?.change(&role, |memory| {
            if memory.history().current(version, &digest).is_none() {
                memory.history().begin(version, digest);
            }
            memory.learn(decision.facts.as_ref());
            if let Some(last) = memory.history().current(version, &digest) {
                let given = last.signatures.entry(key.clone());
                given.or_insert(Given {
                    record: index,
                    key: fingerprint,
                    signature: None,
                });
            }
            if decision.completes {
                memory.finalise();
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
            && key.purpose.trust().is_none()
            && key.first_root.is_none()
        {
            Arc::make_mut(key).first_root = Some(id.first_root);
        }
    }

    fn outcome(&mut self, outcome: &Outcome) -> Option<()> {
        let open = self.open.remove(&outcome.decision)?;
        let algorithm = self.keys.get(&open.key)?.bound.public_key.algorithm();
        let signature = Signature::from_raw(algorithm, &outcome.signature).ok()?;
        self.lineages
            .get(&open.lineage)?
            .change(&open.role, |memory| {
                // Not under other content, which may have superseded this while the token was slow.
                if let Some(last) = memory.history().current(open.version, &open.digest)
                    && let Some(given) = last.signatures.get_mut(&open.key)
                {
                    given.signature = Some(signature);
                }
            });
        Some(())
    }

    fn observe(&mut self, observed: &Observed) -> Option<()> {
        let id = lineage_id(observed.lineage.as_ref()?)?;
        self.observe_in(&id, observed)
    }

    fn observe_in(&mut self, id: &LineageId, observed: &Observed) -> Option<()> {
        let role = observed.role.parse::<Role>().ok()?;
        let digest = digest(&observed.digest)?;
        let file = self::digest(&observed.file_sha256).map(|hash| (observed.file_length, hash));
        self.lineages.get(id)?.change(&role, |memory| {
            let history = memory.history();
            if observed.version < history.version() {
                return;
            }
            if history.current(observed.version, &digest).is_none() {
                history.begin(observed.version, digest);
            }
            memory.learn(observed.facts.as_ref());
            if let Some(last) = memory.history().current(observed.version, &digest) {
                let news = file.filter(|file| !last.files.contains(file));
                last.files
                    .extend(news.filter(|_| last.files.len() < MAX_FILES));
            }
            memory.finalise();
        });
        Some(())
    }

    /// Keeps documents until the record that they belong to.
    fn enrol_part(&mut self, part: &EnrollmentPart) -> Option<()> {
        let id = lineage_id(part.lineage.as_ref()?)?;
        if part.number == 0 {
            self.parts = Some(Parts::of(id.clone()));
        }
        let parts = self.parts.as_mut().filter(|parts| parts.lineage == id)?;
        if parts.count == part.number {
            parts.count += 1;
            parts.documents.extend_from_slice(&part.documents);
        }
        Some(())
    }

    fn enrol_repository(&mut self, enrolled: &RepositoryEnrolled) -> Option<()> {
        let id = lineage_id(enrolled.lineage.as_ref()?)?;
        let parts = self.parts.take().filter(|parts| parts.lineage == id);
        let parts = parts.unwrap_or_else(|| Parts::of(id.clone()));
        if enrolled.parts > 0 && enrolled.parts != parts.count {
            return None;
        }
        let lineage = Lineage::new(id.clone());
        self.lineages
            .entry(id.clone())
            .or_insert_with(|| Arc::new(lineage));
        let before = if enrolled.parts > 0 {
            parts.documents
        } else {
            Vec::new()
        };
        for document in before.iter().chain(&enrolled.documents) {
            self.observe_in(&id, document);
        }
        Some(())
    }

    fn supersede(&mut self, superseded: &Superseded) -> Option<()> {
        let id = lineage_id(superseded.lineage.as_ref()?)?;
        let role = superseded.role.parse::<Role>().ok()?;
        let new = digest(&superseded.new_digest)?;
        self.lineages.get(&id)?.change(&role, |memory| {
            memory.take_back();
            memory.history().supersede(new);
        });
        let first_root = role.top() == Some(RoleType::Root) && superseded.version == 1;
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
