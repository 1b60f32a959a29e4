mod readme;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use privyseal_tuf::{Key, KeyId, RoleType};

use super::agents;
use crate::Exit;
use crate::agent::{Agents, HeldKey};
use crate::command::context::Context;
use crate::command::proof::Proof;
use crate::failure::Advice;
use crate::file::{Access, make_directory, write_atomically};
use crate::repo::{Project, Work};
use crate::show::{escape, now};
use readme::Entry;

/// What is said of the files beside them.
const README: &str = "README.txt";

#[derive(Args, Debug)]
#[command(after_help = "\
For whoever is to trust the root: of each of its keys that an agent here has in a YubiKey, the
certificates that prove it, and how OpenSSL verifies them. The root is the draft, where there is one,
else the published one. Keys without a proof are named, too; then it exits with 3.

Examples:
  privyseal repo attestations --out proof")]
pub(super) struct Attestations {
    /// The directory to write to. Files of the same names are replaced.
    #[arg(long, value_name = "DIRECTORY")]
    out: PathBuf,
}

pub(super) async fn run(
    command: Attestations,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let root = work.current(&RoleType::Root.into())?;
    let root = root.ok_or_else(|| {
        Advice::failed(
            "there is no root yet",
            "make one with `privyseal repo rotate root`, or `privyseal repo init`",
        )
    })?;
    let view = root.root()?;
    let mut agents = agents(project, context).await?;
    context.report_missing(&agents)?;
    let held = agents.keys().await?;
    make_directory(&command.out)
        .with_context(|| format!("cannot make {}", command.out.display()))?;
    let mut entries = Vec::new();
    for keyid in &view.roles.root.keyids {
        let key = view.keys.get(keyid);
        let holder = key.and_then(|key| holder(&held, key));
        let proved = match holder {
            Some(held) => prove(&command, &mut agents, held).await?,
            None => Err(nobody(project, keyid)),
        };
        let keyid = keyid.to_string();
        entries.push(Entry { keyid, proved });
    }
    let head = format!(
        "root {} of {}, {} of {} keys sign it",
        view.header.version,
        project.settings().repository,
        view.roles.root.threshold,
        entries.len()
    );
    let text = readme::text(&escape(&head), &entries);
    let path = command.out.join(README);
    write_atomically(&path, text.as_bytes(), Access::Public)
        .with_context(|| format!("cannot write {}", path.display()))?;
    write!(context.screen, "{text}")?;
    Ok(match entries.iter().all(|entry| entry.proved.is_ok()) {
        true => Exit::Done,
        false => Exit::NeedsPerson,
    })
}

fn holder<'a>(held: &'a [HeldKey], key: &Key) -> Option<&'a HeldKey> {
    let is_it = |held: &&HeldKey| {
        let of_agent = held.tuf_key();
        of_agent.is_ok_and(|of_agent| of_agent.fingerprint() == key.fingerprint())
    };
    held.iter().find(is_it)
}

/// A proof in files, or why there is none; what can't be written is an error.
async fn prove(
    command: &Attestations,
    agents: &mut Agents,
    held: &HeldKey,
) -> anyhow::Result<Result<readme::Proved, String>> {
    let proof = match Proof::ask(agents, held, false).await {
        Ok(proof) => proof,
        Err(error) => {
            let name = format!("{}:{}", held.agent, held.key.name);
            return Ok(Err(escape(&format!("{name}: {error}"))));
        }
    };
    Ok(Ok(readme::Proved {
        name: proof.name(),
        brief: proof.brief(),
        files: proof.write(&command.out, true)?,
    }))
}

fn nobody(project: &Project, keyid: &KeyId) -> String {
    match project.settings().owner(keyid) {
        Some(owner) => format!("{}: no agent here lists it", escape(&owner)),
        None => "no agent here lists it".to_owned(),
    }
}
