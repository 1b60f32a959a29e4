use privyseal_proto::v1::sign_event::Event;
use privyseal_proto::v1::{SignRequest, Signed};
use privyseal_tuf::{Key, KeyId, RoleType, Signature, Signing};

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
        for keyid in missing(&signing) {
            let key = requirements
                .iter()
                .find_map(|requirement| requirement.keys.get(&keyid));
            let Some(key) = key else { continue };
            // A root carries every signature that can be had. Another signature on a finished
            // document of the other roles would change the file that is named above it.
            if role != RoleType::Root && is_met(&signing) {
                break;
            }
            match self.ask(role, (&keyid, key), &mut signing).await {
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
        let signed = sign(agent, request).await?;
        verify(agent, &signed, (keyid, key), signing)?;
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
    let limit = request.document.len() + MOST_BYTES;
    let mut signing = agent.signing().max_encoding_message_size(limit);
    let reply = signing.sign(request).await;
    let mut events = reply.map_err(|status| agent.error(&status))?.into_inner();
    while let Some(event) = events
        .message()
        .await
        .map_err(|status| agent.error(&status))?
    {
        match event.event {
            Some(Event::Signed(signed)) => return Ok(signed),
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
    Err(agent.wrong_answer("it ended without a signature"))
}

/// Checks that the answer is a signature by this key over this document, and keeps it.
fn verify(
    agent: &Agent,
    signed: &Signed,
    (keyid, key): (&KeyId, &Key),
    signing: &mut Signing,
) -> Result<(), AgentError> {
    if signed.keyid != keyid.as_str() {
        let message = format!("it signed with key {}, asked for was {keyid}", signed.keyid);
        return Err(agent.wrong_answer(message));
    }
    if signed.digest != signing.payload().digest.to_string() {
        return Err(agent.wrong_answer("it says that it signed another document"));
    }
    let public = key
        .public()
        .map_err(|e| agent.wrong_answer(e.to_string()))?;
    let signature = Signature::from_hex(public.algorithm(), &signed.sig)
        .map_err(|e| agent.wrong_answer(e.to_string()))?;
    signing
        .add(keyid, &signature)
        .map_err(|e| agent.wrong_answer(e.to_string()))
}

fn missing(signing: &Signing) -> Vec<KeyId> {
    let mut keyids: Vec<KeyId> = Vec::new();
    for keyid in signing
        .status()
        .into_iter()
        .flat_map(|status| status.tally.missing)
    {
        if !keyids.contains(&keyid) {
            keyids.push(keyid);
        }
    }
    keyids
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
