use privyseal_proto::v1::sign_event::Event;
use privyseal_proto::v1::{SignRequest, Signed};
use privyseal_tuf::{Key, KeyId, Requirement, RoleType, Signature, Signing};

use super::Round;
use crate::agent::{Agent, AgentError, HeldKey};
use crate::failure::Advice;
use crate::repo::work::Work;

/// What an agent takes unless its config says otherwise; more is not sent.
const MOST_BYTES: usize = 10 << 20;

impl Round<'_> {
    /// Collects the signatures that the role's document still needs, and keeps each as it comes.
    pub(super) async fn sign_role(
        &mut self,
        work: &mut Work,
        role: RoleType,
    ) -> anyhow::Result<()> {
        if self.choice.role.is_some_and(|chosen| chosen != role) {
            return Ok(());
        }
        let Some(draft) = work.draft(role).cloned() else {
            return Ok(());
        };
        let requirements = work.requirements(role)?;
        let mut signing = Signing::new(draft, requirements.clone());
        for keyid in missing(&requirements, &signing) {
            let key = requirements
                .iter()
                .find_map(|requirement| requirement.keys.get(&keyid));
            let Some(key) = key.filter(|_| counts(role, &keyid, &requirements, &signing)) else {
                continue;
            };
            match self.ask(work, role, (&keyid, key), &mut signing).await {
                Ok(Some(line)) => {
                    self.project.drafts().write(role, signing.document())?;
                    work.set_draft(role, signing.document().clone());
                    self.say(&line)?;
                }
                Ok(None) => {}
                Err(problem) => self.problems.push(problem),
            }
        }
        Ok(())
    }

    /// Asks the agent that holds the key; none where the key is not meant, or where nobody holds it
    /// and it is not needed either.
    async fn ask(
        &mut self,
        work: &Work,
        role: RoleType,
        (keyid, key): (&KeyId, &Key),
        signing: &mut Signing,
    ) -> anyhow::Result<Option<String>> {
        let holder = self
            .held
            .iter()
            .find(|held| held.key.keyid == keyid.as_str());
        if let Some(chosen) = &self.choice.key
            && !holder.is_some_and(|held| chosen.matches(held))
        {
            return Ok(None);
        }
        let Some(held) = holder.cloned() else {
            return if is_met(signing) {
                Ok(None)
            } else {
                Err(self.nobody_holds(role, keyid))
            };
        };
        let document = signing.document().to_bytes();
        refuse_large(role, document.len())?;
        let request = SignRequest {
            id: 1,
            lineage: Some(self.lineage.clone()),
            role: role.to_string(),
            key: held.key.name.clone(),
            document,
        };
        let agent = self
            .agents
            .named(&held.agent)
            .ok_or_else(|| self.nobody_holds(role, keyid))?;
        let published = work.published().version(role);
        self.project
            .sent()
            .note(role, signing.document(), published)?;
        let signed = sign(agent, request).await?;
        accept(&signed, (keyid, key), signing).map_err(|why| agent.wrong_answer(why))?;
        let line = line(role, &held, &signed);
        self.note_head(&held.agent, signed.head);
        Ok(Some(line))
    }

    fn nobody_holds(&self, role: RoleType, keyid: &KeyId) -> anyhow::Error {
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
            "run `privyseal repo sign` again where that key can be reached; what was signed is kept",
        )
        .into()
    }
}

async fn sign(agent: &Agent, request: SignRequest) -> Result<Signed, AgentError> {
    let reply = agent.signing().sign(request).await;
    let mut events = reply.map_err(|status| agent.error(&status))?.into_inner();
    let mut answer = None;
    // Read to its end: a stream that is dropped before is reset, which servers count.
    while let Some(event) = events
        .message()
        .await
        .map_err(|status| agent.error(&status))?
    {
        match event.event {
            Some(Event::Signed(signed)) => answer = Some(signed),
            Some(Event::Refused(refused)) => {
                return Err(AgentError::Refused {
                    agent: agent.name().to_owned(),
                    code: refused.reason,
                    message: refused.message,
                    remedy: refused.remedy,
                });
            }
            // News of a later protocol, such as waiting for a person.
            None => {}
        }
    }
    answer.ok_or_else(|| agent.wrong_answer("it ended without a signature"))
}

/// Checks that the answer is a signature by this key over this document, and adds it.
fn accept(
    signed: &Signed,
    (keyid, key): (&KeyId, &Key),
    signing: &mut Signing,
) -> Result<(), String> {
    if signed.keyid != keyid.as_str() {
        return Err(format!(
            "it signed with key {}, asked for was {keyid}",
            signed.keyid
        ));
    }
    if signed.digest != signing.payload().digest.to_string() {
        return Err("it says that it signed another document".to_owned());
    }
    let public = key.public().map_err(|e| e.to_string())?;
    let signature =
        Signature::from_hex(public.algorithm(), &signed.sig).map_err(|e| e.to_string())?;
    signing.add(keyid, &signature).map_err(|e| e.to_string())
}

/// The keys that have not signed; those that a new root takes out come last.
fn missing(requirements: &[Requirement], signing: &Signing) -> Vec<KeyId> {
    let statuses = signing.status();
    let keyids = statuses.iter().flat_map(|status| &status.tally.missing);
    let stays = |keyid: &&KeyId| {
        requirements
            .last()
            .is_some_and(|new| new.keys.contains_key(*keyid))
    };
    let (stay, go): (Vec<&KeyId>, Vec<&KeyId>) = keyids.partition(stays);
    let mut ordered: Vec<KeyId> = Vec::new();
    for keyid in stay.into_iter().chain(go) {
        if !ordered.contains(keyid) {
            ordered.push(keyid.clone());
        }
    }
    ordered
}

/// Whether a signature with this key is still wanted. A root carries every signature of its own
/// keys that can be had, and of the old ones as many as it takes. Another signature on a finished
/// document of the other roles would change the file that is named above it.
fn counts(role: RoleType, keyid: &KeyId, requirements: &[Requirement], signing: &Signing) -> bool {
    let own = requirements.len().saturating_sub(1);
    let document = signing.document();
    requirements.iter().enumerate().any(|(at, requirement)| {
        let collects_all = role == RoleType::Root && at == own;
        requirement.keys.contains_key(keyid)
            && (collects_all || !requirement.tally(document).is_met())
    })
}

fn is_met(signing: &Signing) -> bool {
    signing.status().iter().all(|status| status.tally.is_met())
}

fn line(role: RoleType, held: &HeldKey, signed: &Signed) -> String {
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

fn refuse_large(role: RoleType, bytes: usize) -> Result<(), Advice> {
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(Advice::failed(
        format!("{role}.json has {bytes} bytes, more than the {MOST_BYTES} that an agent takes"),
        "nothing was sent; put fewer targets into one repository",
    ))
}

#[cfg(test)]
mod tests;
