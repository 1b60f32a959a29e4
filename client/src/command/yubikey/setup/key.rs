use std::io::Write;

use anyhow::Context as _;
use privyseal_proto::v1::{GenerateKeyRequest, YubiKey, yubi_key};

use super::Setup;
use super::secrets::{Sitting, say};
use crate::agent::{Agent, KeyRef, TRUST};
use crate::command::context::Context;
use crate::command::proof::Proof;
use crate::failure::Advice;
use crate::show::{escape, quote};

/// The key of this sitting.
#[derive(Debug)]
pub(super) enum Chosen {
    /// It was made before.
    There { name: String },
    /// It is to be made.
    New(Box<GenerateKeyRequest>),
}

impl Chosen {
    /// Looks what is in the slot; where nothing is, asks what was not given.
    pub(super) fn of(
        command: &Setup,
        yubikey: &YubiKey,
        context: &mut Context<'_>,
    ) -> anyhow::Result<Self> {
        if let Some(name) = there(command, yubikey)? {
            return Ok(Self::There { name });
        }
        let mut ask = |what: &str, option: &str, given: &Option<String>, default: &str| match given
        {
            Some(given) => Ok(given.clone()),
            None => asked(what, option, default, command.yes, context),
        };
        let name = ask("Name of the key", "--key", &command.key, &command.keystore)?;
        let authority = ask(
            "Authority in the agent's config",
            "--authority",
            &command.authority,
            "",
        )?;
        let all = if command.images { "**" } else { "" };
        let repository = ask("Repository", "--repository", &command.repository, all)?;
        let (purpose, role) = match command.images {
            true => (TRUST, "root"),
            false => ("tuf", ""),
        };
        Ok(Self::New(Box::new(GenerateKeyRequest {
            keystore: command.keystore.clone(),
            name,
            algorithm: command.algorithm.to_string(),
            purpose: purpose.to_owned(),
            role: role.to_owned(),
            authority,
            repository,
            slot: command.slot.to_ascii_lowercase(),
            pin_policy: "always".to_owned(),
            touch_policy: "always".to_owned(),
            ..GenerateKeyRequest::default()
        })))
    }

    /// Makes the key, where it is not there. Returns its name.
    pub(super) async fn make(
        &self,
        sitting: &mut Sitting<'_>,
        context: &mut Context<'_>,
    ) -> anyhow::Result<String> {
        let request = match self {
            Self::There { name } => {
                let state = format!("{}, made already", escape(name));
                say("key", &state, context)?;
                return Ok(name.clone());
            }
            Self::New(request) => GenerateKeyRequest {
                access: Some(sitting.access().await?),
                ..(**request).clone()
            },
        };
        let agent = sitting.agent;
        let reply = agent.keys().generate(request).await;
        let key = reply.map_err(|status| agent.error(&status))?.into_inner();
        let state = format!(
            "{}, {} in slot {}, keyid {}",
            escape(&key.name),
            escape(&key.algorithm),
            escape(&key.object_id),
            escape(&key.keyid),
        );
        say("key", &state, context)?;
        Ok(key.name)
    }
}

/// The name of the key that is in the slot already, where the agent knows it.
fn there(command: &Setup, yubikey: &YubiKey) -> Result<Option<String>, Advice> {
    let mut slots = yubikey.slots.iter();
    let slot = slots.find(|slot| slot.slot.eq_ignore_ascii_case(&command.slot));
    let Some(slot) = slot.filter(|slot| has_key(slot)) else {
        return Ok(None);
    };
    let shown = escape(&slot.slot);
    let wanted = command.key.as_ref().unwrap_or(&slot.key);
    if !slot.key.is_empty() && *wanted == slot.key {
        return Ok(Some(slot.key.clone()));
    }
    if !slot.key.is_empty() {
        let message = format!("key {} is in slot {shown} already", escape(&slot.key));
        let remedy = "nothing was changed; take another slot with --slot, such as 82";
        return Err(Advice::failed(message, remedy));
    }
    Err(Advice::failed(
        format!("a key is in slot {shown} that the agent does not know"),
        format!(
            "nothing was changed; take another slot with --slot, such as 82; or enrol that key: \
             privyseal key enroll NAME --keystore {} --id {shown}",
            escape(&command.keystore)
        ),
    ))
}

/// A certificate may stand in a slot without a key.
fn has_key(slot: &yubi_key::Slot) -> bool {
    !slot.algorithm.is_empty() || slot.generated.is_some() || !slot.key.is_empty()
}

fn asked(
    what: &str,
    option: &str,
    default: &str,
    yes: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<String> {
    let answer = match yes || !context.screen.can_ask() {
        true => default.to_owned(),
        false => context.screen.ask_line(what, default)?,
    };
    if answer.is_empty() {
        let message = format!("it is not said: {what}");
        return Err(Advice::failed(message, format!("nothing was changed; give {option}")).into());
    }
    Ok(answer)
}

/// Has the YubiKey prove where the key was made and how it is used.
pub(super) async fn prove(
    agent: &Agent,
    name: &str,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let key = KeyRef {
        agent: Some(agent.name().to_owned()),
        name: name.to_owned(),
    };
    let mut agents = context.agents(Vec::new()).await?;
    let keys = agents.keys().await?;
    let held = agents.resolve(&keys, &key)?;
    let proof = Proof::ask(&mut agents, held, false).await;
    let proof = proof.context("the key is there, but where it was made is not proved")?;
    say("proved", &proof.brief(), context)?;
    Ok(proof.print_warnings(context.screen)?)
}

/// Says what a person does next.
pub(super) fn print_next(
    command: &Setup,
    chosen: &Chosen,
    name: &str,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let name = escape(name);
    let sign = match chosen {
        Chosen::There { .. } => format!("privyseal key show {name}"),
        Chosen::New(request) if command.images => {
            let is_glob = request.repository.contains('*');
            let image = if is_glob {
                "IMAGE"
            } else {
                &request.repository
            };
            let image = quote(image);
            format!("privyseal trust init {image} --root-key {name} --root-key SECOND")
        }
        Chosen::New(request) => format!(
            "privyseal repo init --authority {} --repository {} --root {name} SECOND THIRD \
             --root-threshold 2 ...",
            quote(&request.authority),
            quote(&request.repository)
        ),
    };
    Ok(writeln!(
        context.screen,
        "
What is left to do:
  Keep the PUK where the YubiKey is not. Nobody has to know the management key.
  Set up a second YubiKey with another root key. There is no copy of this one: when it breaks or is
  lost, the others go on, and it is rotated out.
  Keep the proof with the root: privyseal key attest {name} --out DIRECTORY
  Then: {sign}"
    )?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        setup: Setup,
    }

    fn found(
        words: &str,
        slot: &str,
        algorithm: &str,
        key: &str,
    ) -> Result<Option<String>, Advice> {
        let command = Line::parse_from(words.split(' ')).setup;
        let slot = yubi_key::Slot {
            slot: slot.to_owned(),
            algorithm: algorithm.to_owned(),
            key: key.to_owned(),
            ..yubi_key::Slot::default()
        };
        let yubikey = YubiKey {
            slots: vec![slot],
            ..YubiKey::default()
        };
        there(&command, &yubikey)
    }

    #[test]
    fn a_key_that_was_made_before_is_found_again() {
        let found_again = found("setup root-a", "9c", "ecdsa-p256", "root-1");
        assert_eq!(found_again, Ok(Some("root-1".to_owned())));
        let by_name = found("setup root-a --key root-1", "9c", "ecdsa-p256", "root-1");
        assert_eq!(by_name, Ok(Some("root-1".to_owned())));
        // Elsewhere, or only a certificate.
        assert_eq!(
            found("setup root-a", "9a", "ecdsa-p256", "root-1"),
            Ok(None)
        );
        assert_eq!(found("setup root-a", "9c", "", ""), Ok(None));
    }

    #[test]
    fn a_key_that_somebody_needs_is_not_overwritten() {
        let other = found("setup root-a --key root-2", "9c", "ecdsa-p256", "root-1");
        assert!(other.unwrap_err().message.contains("root-1"));
        let unknown = found("setup root-a", "9c", "rsa-pss-2048", "");
        assert!(unknown.unwrap_err().remedy.contains("key enroll"));
    }
}
