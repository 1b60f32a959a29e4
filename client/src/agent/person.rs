//! The person at this terminal, while an agent waits for them.

mod certify;
mod pins;
mod voice;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privyseal_proto::v1::Waiting;
use privyseal_proto::v1::waiting::Kind;
use tokio::sync::watch;

use super::Agent;
use crate::show::{Progress, now};
use voice::Voice;

/// An agent's clock may differ from ours, and no agent may hold this client up for ever.
const LONGEST_WAIT: u64 = 15 * 60;

/// The person at this terminal, as the requests of one stream of answers need them.
pub(crate) struct Person<'a> {
    agent: &'a Agent,
    voice: Voice<'a>,
    /// What is waited for, by request.
    waits: watch::Sender<BTreeMap<u64, Waiting>>,
    /// Keystores for whose PIN nobody at this terminal can do anything.
    given_up: RefCell<BTreeSet<String>>,
}

impl<'a> Person<'a> {
    /// Who sees this progress.
    pub(crate) fn before(agent: &'a Agent, progress: &'a Progress) -> Self {
        Self {
            agent,
            voice: Voice::beside(progress, words::whose(agent)),
            waits: watch::Sender::new(BTreeMap::new()),
            given_up: RefCell::default(),
        }
    }

    /// Tells what a request waits for. A PIN that can be typed here is asked for by
    /// [`Self::types_pins`].
    pub(crate) fn hears(&self, id: u64, waiting: Waiting) {
        let mut before = None;
        self.waits.send_modify(|waits| {
            before = waits.insert(id, waiting.clone());
        });
        if before.as_ref().map(Waiting::kind) == Some(waiting.kind()) {
            return;
        }
        self.take_back(id, before);
        match waiting.kind() {
            Kind::Touch => self.voice.call(&words::touch(&waiting)),
            Kind::Pin if self.is_typed_elsewhere(&waiting) => self.tell_elsewhere(&waiting),
            // What a newer agent may wait for.
            Kind::Pin | Kind::Unspecified => {}
        }
    }

    /// A request was answered: with what it asked for, or with a "no" that is told elsewhere.
    pub(crate) fn is_answered(&self, id: u64, done: bool) {
        let mut waited = None;
        self.waits.send_if_modified(|waits| {
            waited = waits.remove(&id);
            waited.is_some()
        });
        self.take_back(id, waited.clone());
        if let Some(waiting) = waited {
            self.voice.say(&words::over(&waiting, done));
        }
    }

    fn take_back(&self, id: u64, waited: Option<Waiting>) {
        if let Some(waiting) = waited {
            self.voice.take_back(id, &words::pointless(&waiting));
        }
    }

    fn is_typed_elsewhere(&self, waiting: &Waiting) -> bool {
        !pins::can_type() || self.given_up.borrow().contains(&waiting.keystore)
    }

    /// How much longer than without a person the next answer may take.
    pub(crate) fn patience(&self) -> Duration {
        let until = self.waits.borrow().values().map(|it| it.until).max();
        let left = until.map_or(0, |until| until.saturating_sub(now()));
        Duration::from_secs(u64::try_from(left).unwrap_or(0).min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::FakeLedger;
    use crate::agent::{Agents, HeadMemory};

    fn waiting(until: i64) -> Waiting {
        Waiting {
            kind: Kind::Touch.into(),
            until,
            ..Waiting::default()
        }
    }

    #[tokio::test]
    async fn of_several_agents_it_is_said_which_one_asks() {
        let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let memory = HeadMemory::at(directories[0].path().join("memory"));
        let mut entries = Vec::new();
        for (directory, name) in directories.iter().zip(["near", "far"]) {
            let ledger = FakeLedger::default();
            ledger.push("genesis");
            let mut entry = ledger.serve(directory.path());
            entry.name = name.parse().unwrap();
            entries.push(entry);
        }
        let alone = Agents::connect(entries[..1].to_vec(), &memory).await;
        let said: Vec<_> = alone
            .unwrap()
            .connected()
            .iter()
            .map(words::whose)
            .collect();
        assert_eq!(said, [""]);
        let both = Agents::connect(entries, &memory).await.unwrap();
        let said: Vec<_> = both.connected().iter().map(words::whose).collect();
        assert_eq!(said, ["agent near: ", "agent far: "]);
    }

    #[tokio::test]
    async fn answers_may_take_as_long_as_the_person_whom_they_wait_for() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = FakeLedger::default();
        ledger.push("genesis");
        let entry = ledger.serve(directory.path());
        let memory = HeadMemory::at(directory.path().join("memory"));
        let agent = Agent::connect(entry, &memory).await.unwrap();
        let progress = Progress::none();
        let person = Person::before(&agent, &progress);
        assert_eq!(person.patience(), Duration::ZERO);
        person.hears(1, waiting(now() + 1000));
        person.hears(2, waiting(now() + 60));
        assert!(person.patience() > Duration::from_secs(500));
        person.is_answered(1, true);
        assert!(person.patience() <= Duration::from_secs(60));
        person.hears(3, waiting(i64::MAX));
        assert_eq!(person.patience(), Duration::from_secs(LONGEST_WAIT));
        person.is_answered(3, false);
        person.is_answered(2, false);
        person.hears(4, waiting(i64::MIN));
        assert_eq!(person.patience(), Duration::ZERO);
    }
}
