use std::collections::BTreeSet;

use privyseal_proto::v1::{SignRequest, Signed};
use privyseal_tuf::{Dialect, Document, KeyId, Requirement, Role, RoleType};
use privyseal_tuf::{Sha256Digest, Signature, Signing};

use super::{Hand, Hands, HandsError, Known};
use crate::agent::AgentError;
use crate::repo::sign_one;

/// A document with the signatures that could be had.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The document.
    pub document: Document,
    /// Who signed it just now.
    pub signed: Vec<SignedBy>,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The key: `AGENT:NAME`.
    pub key: String,
    /// Index of the record in the agent's ledger.
    pub record: u64,
}

impl Hands<'_> {
    /// Collects the signatures that a document needs from the agents. Of a root every key of its own
    /// that can be had signs, so that any of them leads on; of others as many as it takes, and as many
    /// of those keys for which a person is called to a device.
    ///
    /// `keep` is given the document after each signature.
    ///
    /// # Errors
    /// Where too few could be had.
    pub async fn collect(
        &mut self,
        known: &Known,
        role: &Role,
        document: &Document,
        requirements: &[Requirement],
        keep: &mut dyn FnMut(&Document) -> anyhow::Result<()>,
    ) -> anyhow::Result<Collected> {
        let mut signing = Signing::new(document.clone(), requirements.to_vec());
        self.sign_as_former(role, &mut signing, keep)?;
        let mut tried: BTreeSet<Sha256Digest> = BTreeSet::new();
        let (mut signed, mut problems) = (Vec::new(), Vec::new());
        while let Some(hand) = self.next(role, requirements, &signing, &mut tried) {
            match self.ask(known, role, &hand, &mut signing).await {
                Ok(answer) => {
                    keep(signing.document())?;
                    signed.push(SignedBy {
                        key: hand.name(),
                        record: answer.record,
                    });
                }
                Err(problem) => problems.push(problem),
            }
        }
        self.prove().await?;
        let statuses = signing.status().into_iter();
        let open = statuses.filter(|status| !status.tally.is_met());
        let open: Vec<_> = open.map(|it| (it.label, it.tally)).collect();
        if open.is_empty() {
            return Ok(Collected {
                document: signing.document().clone(),
                signed,
            });
        }
        let missing = self.agents.missing().iter();
        Err(HandsError {
            role: role.to_string(),
            open,
            problems,
            missing: missing.map(|(_, why)| why.to_string()).collect(),
        }
        .into_error())
    }

    /// The next key that is here and whose signature is still wanted; those that a new root keeps
    /// come before those that it takes out, and those for which nobody is called before others.
    fn next(
        &self,
        role: &Role,
        requirements: &[Requirement],
        signing: &Signing,
        tried: &mut BTreeSet<Sha256Digest>,
    ) -> Option<Hand> {
        let is_root = role.top() == Some(RoleType::Root);
        let own = requirements.len().saturating_sub(1);
        for (at, required) in requirements.iter().enumerate().rev() {
            let tally = required.tally(signing.document());
            if tally.is_met() && !(is_root && at == own) {
                continue;
            }
            let prints = tally.missing.iter().filter_map(|keyid| {
                let key = required.keys.get(keyid)?;
                Some(key.fingerprint())
            });
            let hands = prints.filter_map(|print| self.holder(print));
            let is_wanted = |hand: &&Hand| {
                let print = hand.key.fingerprint();
                let is_called = hand.held.waits_for_person();
                !tried.contains(&print) && (!is_called || needs(print, requirements, signing))
            };
            let wanted = hands.filter(is_wanted);
            if let Some(hand) = wanted.min_by_key(|hand| hand.held.waits_for_person()) {
                tried.insert(hand.key.fingerprint());
                return Some(hand.clone());
            }
        }
        None
    }

    async fn ask(
        &mut self,
        known: &Known,
        role: &Role,
        hand: &Hand,
        signing: &mut Signing,
    ) -> anyhow::Result<Signed> {
        let shown = self.show(known, role, hand).await;
        let agent = self.agent(&hand.held.agent)?;
        let request = SignRequest {
            id: 0,
            lineage: Some(known.lineage(&hand.held.key.authority)),
            role: role.to_string(),
            key: hand.held.key.name.clone(),
            document: signing.document().to_bytes(),
        };
        let signed = match (sign_one(agent, request).await, shown) {
            (Ok(signed), _) => signed,
            // It did not take what it was shown, which may be why.
            (Err(error), Err(not_shown)) => {
                let error = of_images(error, known.gun.as_str());
                return Err(error.context(format!("(before, {not_shown})")));
            }
            (Err(error), Ok(())) => return Err(of_images(error, known.gun.as_str())),
        };
        let wrong = |message: String| AgentError::WrongAnswer {
            agent: hand.held.agent.clone(),
            message,
        };
        accept(&signed, hand, signing).map_err(wrong)?;
        self.note(&hand.held.agent, signed.head.clone());
        Ok(signed)
    }
}

/// Whether a threshold misses a signature with this key.
fn needs(print: Sha256Digest, requirements: &[Requirement], signing: &Signing) -> bool {
    let mut asked = requirements.iter();
    asked.any(|asked| {
        let mut keys = asked.keys.values();
        keys.any(|key| key.fingerprint() == print) && !asked.tally(signing.document()).is_met()
    })
}

/// An agent's advice is for repositories of files, where it names a command.
fn of_images(error: anyhow::Error, gun: &str) -> anyhow::Error {
    match error.downcast::<AgentError>() {
        Ok(error) if error.code() == Some("UNKNOWN_LINEAGE") => {
            let remedy = format!(
                "if its first root is the right one, an operator makes the repository known: `privyseal --agent {} trust enroll {gun}`",
                error.agent()
            );
            error.with_remedy(remedy).into()
        }
        Ok(error) => error.into(),
        Err(error) => error,
    }
}

/// Checks that the answer is a signature by this key over this document, and puts it under every
/// keyid that the key has there: that of an old certificate too.
fn accept(signed: &Signed, hand: &Hand, signing: &mut Signing) -> Result<(), String> {
    if signed.digest != signing.payload().digest.to_string() {
        return Err("it says that it signed another document".to_owned());
    }
    let keyids: BTreeSet<KeyId> = signing
        .keys()
        .filter(|(_, key)| key.fingerprint() == hand.key.fingerprint())
        .map(|(keyid, _)| keyid.clone())
        .collect();
    let is_named = keyids.iter().chain([hand.key.keyid()]);
    if !is_named
        .into_iter()
        .any(|keyid| keyid.as_str() == signed.keyid)
    {
        return Err(format!(
            "it signed with key {}, asked for was {}",
            signed.keyid,
            hand.key.keyid()
        ));
    }
    let public = hand.key.public().map_err(ToString::to_string)?;
    let signature = Signature::from_text(Dialect::Notary, public.algorithm(), &signed.sig);
    let signature = signature.map_err(|error| error.to_string())?;
    for keyid in &keyids {
        let added = signing.add(keyid, &signature);
        added.map_err(|error| error.to_string())?;
    }
    Ok(())
}
