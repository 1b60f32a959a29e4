use std::collections::{BTreeMap, BTreeSet};

use privyseal_proto::v1::{SignRequest, Signed};
use privyseal_tuf::{Document, Key, KeyId, Requirement, Role, Signing};

use super::accept::{accept, counts, is_met, missing, needs};
use super::{Round, stream};
use crate::agent::{AgentError, HeldKey};
use crate::failure::Advice;
use crate::repo::sent::Sending;
use crate::repo::work::Work;
use crate::show::Progress;

/// The longest document that is metadata at all; how much an agent takes is in its config.
const MOST_BYTES: usize = privyseal_tuf::json::MAX_BYTES;

/// More roles than this are told of in one line.
const MOST_LINES: usize = 20;

/// The signatures of one role while they are collected.
struct Collecting {
    role: Role,
    signing: Signing,
    requirements: Vec<Requirement>,
    tried: BTreeSet<KeyId>,
    /// Keys that no agent lists.
    unheld: Vec<KeyId>,
}

impl Collecting {
    fn key(&self, keyid: &KeyId) -> Option<&Key> {
        let mut keys = self.requirements.iter();
        keys.find_map(|requirement| requirement.keys.get(keyid))
    }
}

/// One signature that an agent is asked for.
struct Ask {
    /// Where its role stands among those of the batch.
    at: usize,
    keyid: KeyId,
    key: Key,
    held: HeldKey,
}

impl Round<'_> {
    /// Collects the signatures that the roles' documents still need, and keeps each as it comes.
    /// Each role is asked about with one key at a time, all roles at once.
    pub(super) async fn sign_roles(
        &mut self,
        work: &mut Work,
        roles: &[Role],
    ) -> anyhow::Result<()> {
        let mut collecting = Vec::new();
        for role in roles {
            let is_chosen = self
                .choice
                .role
                .as_ref()
                .is_none_or(|chosen| chosen == role);
            if let Some(draft) = work.draft(role).filter(|_| is_chosen) {
                let requirements = work.requirements(role)?;
                collecting.push(Collecting {
                    role: role.clone(),
                    signing: Signing::new(Document::clone(draft), requirements.clone()),
                    requirements,
                    tried: BTreeSet::new(),
                    unheld: Vec::new(),
                });
            }
        }
        let mut summed = BTreeMap::new();
        loop {
            let asks = self.next_asks(&mut collecting);
            if asks.is_empty() {
                break;
            }
            self.ask(work, &mut collecting, asks, &mut summed).await?;
        }
        // Where others signed in their place, they are not missed.
        for role in collecting.iter().filter(|role| !is_met(&role.signing)) {
            for keyid in &role.unheld {
                let problem = self.nobody_holds(&role.role, keyid);
                self.problems.push(problem);
            }
        }
        for (who, signatures) in summed {
            self.say(&format!("{signatures} documents signed with {who}"))?;
        }
        Ok(())
    }

    /// The next key of each role that an agent holds and whose signature is still wanted.
    fn next_asks(&self, collecting: &mut [Collecting]) -> Vec<Ask> {
        let mut asks = Vec::new();
        for (at, role) in collecting.iter_mut().enumerate() {
            for keyid in self.in_order(role) {
                let wanted = counts(&role.role, &keyid, &role.requirements, &role.signing);
                if !wanted || !role.tried.insert(keyid.clone()) {
                    continue;
                }
                let key = role.key(&keyid);
                match (key.and_then(|key| self.holder(key)), key) {
                    (Some(held), _) if self.is_spared(&held, &keyid, role) => {}
                    (Some(held), Some(key)) if self.is_chosen(&held) => {
                        asks.push(Ask {
                            at,
                            key: key.clone(),
                            keyid,
                            held,
                        });
                        break;
                    }
                    (None, _) if self.choice.key.is_none() => role.unheld.push(keyid),
                    _ => {}
                }
            }
        }
        asks
    }

    /// The keys that have not signed. Those for which nobody is called come first: with them the
    /// others may not be needed.
    fn in_order(&self, role: &Collecting) -> Vec<KeyId> {
        let mut keyids = missing(&role.requirements, &role.signing);
        keyids.sort_by_key(|keyid| {
            let own = role.requirements.last();
            let stays = own.is_some_and(|own| own.keys.contains_key(keyid));
            let held = role.key(keyid).and_then(|key| self.holder(key));
            (!stays, held.is_some_and(|held| held.waits_for_person()))
        });
        keyids
    }

    fn holder(&self, key: &Key) -> Option<HeldKey> {
        let fingerprint = key.fingerprint();
        let held = self.held.iter().filter(|(held, _)| *held == fingerprint);
        let held: Vec<&HeldKey> = held.map(|(_, held)| held).collect();
        // Two agents may hold one key.
        let chosen = held.iter().find(|held| self.is_chosen(held));
        chosen.or(held.first()).copied().cloned()
    }

    /// Nobody is called to a device for a signature that is not needed, unless that key is named.
    fn is_spared(&self, held: &HeldKey, keyid: &KeyId, role: &Collecting) -> bool {
        self.choice.key.is_none()
            && held.waits_for_person()
            && !needs(keyid, &role.requirements, &role.signing)
    }

    fn is_chosen(&self, held: &HeldKey) -> bool {
        let key = self.choice.key.as_ref();
        key.is_none_or(|chosen| chosen.matches(held))
    }

    async fn ask(
        &mut self,
        work: &mut Work,
        collecting: &mut [Collecting],
        asks: Vec<Ask>,
        summed: &mut BTreeMap<String, usize>,
    ) -> anyhow::Result<()> {
        self.note_sending(work, collecting, &asks)?;
        let progress = Progress::of_count(asks.len() as u64, "signing");
        let mut by_agent: BTreeMap<String, Vec<Ask>> = BTreeMap::new();
        for ask in asks {
            by_agent
                .entry(ask.held.agent.clone())
                .or_default()
                .push(ask);
        }
        for (name, asks) in by_agent {
            let answers = self.answers(&name, collecting, &asks, &progress).await;
            let mut changed = Vec::new();
            for (ask, answer) in asks.iter().zip(answers) {
                let Some(role) = collecting.get_mut(ask.at) else {
                    continue;
                };
                match self.take(ask, answer, &mut role.signing) {
                    Ok(signed) => {
                        changed.push(ask.at);
                        if roles_are_many(&asks) {
                            *summed
                                .entry(format!("{name}:{}", ask.held.key.name))
                                .or_default() += 1;
                        } else {
                            self.say(&line(&role.role, &ask.held, &signed))?;
                        }
                    }
                    Err(problem) => self.problems.push(problem),
                }
            }
            self.keep(work, collecting, &changed)?;
        }
        Ok(())
    }

    /// Notes what is about to be sent, before it is.
    fn note_sending(
        &self,
        work: &Work,
        collecting: &[Collecting],
        asks: &[Ask],
    ) -> anyhow::Result<()> {
        let sendings = asks.iter().filter_map(|ask| {
            let role = collecting.get(ask.at)?;
            Some(Sending {
                role: &role.role,
                document: role.signing.document(),
                published: work.published().version(&role.role),
            })
        });
        self.project.sent().note(&sendings.collect::<Vec<_>>())
    }

    /// The agent's answers, in the order of the questions.
    async fn answers(
        &self,
        name: &str,
        collecting: &[Collecting],
        asks: &[Ask],
        progress: &Progress,
    ) -> Vec<anyhow::Result<Signed>> {
        let Some(agent) = self.agents.named(name) else {
            let nobody = |ask: &Ask| match collecting.get(ask.at) {
                Some(role) => Err(self.nobody_holds(&role.role, &ask.keyid)),
                None => Ok(Signed::default()),
            };
            return asks.iter().map(nobody).collect();
        };
        let request = |at: usize| {
            let ask = asks.get(at)?;
            let role = collecting.get(ask.at)?;
            Some(SignRequest {
                id: at as u64,
                lineage: Some(self.lineage.clone()),
                role: role.role.to_string(),
                key: ask.held.key.name.clone(),
                document: role.signing.document().to_bytes(),
            })
        };
        stream::sign_many(agent, asks.len(), request, MOST_BYTES, progress).await
    }

    fn take(
        &mut self,
        ask: &Ask,
        answer: anyhow::Result<Signed>,
        signing: &mut Signing,
    ) -> anyhow::Result<Signed> {
        let signed = answer?;
        let wrong = |message| AgentError::WrongAnswer {
            agent: ask.held.agent.clone(),
            message,
        };
        accept(&signed, (&ask.keyid, &ask.key), signing).map_err(wrong)?;
        self.note_head(&ask.held.agent, signed.head.clone());
        Ok(signed)
    }

    /// Keeps the drafts that got a signature.
    fn keep(
        &self,
        work: &mut Work,
        collecting: &[Collecting],
        changed: &[usize],
    ) -> anyhow::Result<()> {
        let changed: Vec<(&Role, &Document)> = changed
            .iter()
            .filter_map(|at| collecting.get(*at))
            .map(|role| (&role.role, role.signing.document()))
            .collect();
        self.project.drafts().write_all(&changed)?;
        for (role, document) in changed {
            work.set_draft(role.clone(), document.clone());
        }
        Ok(())
    }

    fn nobody_holds(&self, role: &Role, keyid: &KeyId) -> anyhow::Error {
        let owner = self.project.settings().owner(keyid);
        let owner = owner.map_or_else(|| keyid.to_string(), |owner| format!("{owner} ({keyid})"));
        let agents: Vec<String> = self
            .agents
            .missing()
            .iter()
            .map(|(_, error)| error.to_string())
            .collect();
        let why = if agents.is_empty() {
            "no agent lists it for this user".to_owned()
        } else {
            agents.join("; ")
        };
        Advice::needs_person(
            format!("{role} is not signed with {owner}: {why}"),
            "run `privyseal repo sign` again where that key can be reached, or send the draft there (`privyseal repo draft export`); what was signed is kept",
        )
        .into()
    }
}

fn roles_are_many(asks: &[Ask]) -> bool {
    asks.len() > MOST_LINES
}

fn line(role: &Role, held: &HeldKey, signed: &Signed) -> String {
    let recorded = if signed.recorded {
        " (had signed it before)"
    } else {
        ""
    };
    format!(
        "{role} {} signed with {}:{}, record {}{recorded}",
        signed.version, held.agent, held.key.name, signed.record
    )
}
