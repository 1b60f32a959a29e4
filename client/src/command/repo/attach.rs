use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use privyseal_tuf::{KnownKey, Role};

use crate::Exit;
use crate::agent::{AgentError, ConnectError};
use crate::command::context::Context;
use crate::command::draft::{read_bytes, read_draft};
use crate::failure::{Advice, report};
use crate::repo::{Adopted, Attaching, Outcome, Project, SignatureStatus, Taken, Work};
use crate::repo::{adopt, held_keys};
use crate::show::{escape, now, print_signatures};

#[derive(Args, Debug)]
#[command(after_help = "\
A file holds a draft that was signed elsewhere, signed metadata, one or more {\"keyid\", \"sig\"} as
securesystemslib writes them, or a bare signature: bytes (r||s, DER, Ed25519, RSA-PSS), hex, base64,
PEM. Each signature is verified before it is kept, and nobody need say by which key it is. What is
good is kept even where other files are not.

Exit status 3: a signature is by a wrong key, over another content, or of another draft.

Examples:
  privyseal repo attach root-3.signed.draft.json
  privyseal repo attach alice.sig bob.pem carol.json
  privyseal repo attach --role targets --key 3f2a9c build.sig
  privyseal repo attach --adopt root-3.draft.json")]
pub(super) struct Attach {
    /// Files with signatures.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The role whose draft they are for. Without it: the one that they verify for.
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// Take them only as signatures by this key: a keyid, or its beginning.
    #[arg(long, value_name = "KEYID")]
    key: Option<String>,
    /// Put the draft of this file in the place of the one here, which is another one of the same
    /// version.
    #[arg(long, conflicts_with_all = ["role", "key"])]
    adopt: bool,
}

pub(super) async fn run(
    command: Attach,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    if command.adopt {
        return take_over(&command.files, project, &work, context);
    }
    let mut attaching = Attaching::new(project, &work, command.role.as_ref())?;
    if let Some(keyid) = &command.key {
        attaching.only_by(keyid)?;
    }
    let mut touched = BTreeSet::new();
    let mut bad = Vec::new();
    for path in &command.files {
        let (taken, refused) = add(&mut attaching, path);
        for taken in taken {
            print_taken(context.screen, path, &taken)?;
            touched.insert(taken.role);
        }
        if !refused.is_empty() {
            bad.push(path);
        }
    }
    let mut exit = Exit::Done;
    if !bad.is_empty() {
        // Only now: whose token it was is for the agents to say, and without them all else is done.
        attaching.know(held(project, context).await?);
        for path in bad {
            let (_, refused) = add(&mut attaching, path);
            exit = tell(&refused, path, exit, context)?;
        }
    }
    for role in &touched {
        print_signatures(context.screen, &attaching.status(role))?;
    }
    let finished = |role: &Role| attaching.status(role).iter().all(SignatureStatus::is_met);
    if !touched.is_empty() && touched.iter().all(finished) {
        writeln!(
            context.screen,
            "next: privyseal repo sign, for what comes after; then privyseal repo publish"
        )?;
    }
    Ok(exit)
}

fn add(attaching: &mut Attaching<'_>, path: &Path) -> (Vec<Taken>, Vec<anyhow::Error>) {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    match read_bytes(path).and_then(|bytes| attaching.add(&bytes)) {
        Ok(results) => {
            for result in results {
                match result {
                    Ok(one) => taken.push(one),
                    Err(error) => refused.push(error),
                }
            }
        }
        Err(error) => refused.push(error),
    }
    (taken, refused)
}

/// The keys that agents hold, as far as any can be reached.
async fn held(project: &Project, context: &mut Context<'_>) -> anyhow::Result<Vec<KnownKey>> {
    let agents = match super::agents(project, context).await {
        Ok(agents) => agents,
        Err(error) if is_breach(&error) => return Err(error),
        Err(error) => {
            let why = format!("no agent could be asked whose key it was: {error}");
            context.screen.note(&escape(&why))?;
            return Ok(Vec::new());
        }
    };
    context.report_missing(&agents)?;
    Ok(held_keys(&agents.keys().await.unwrap_or_default()))
}

/// An agent whose ledger is not what it was is never passed over.
fn is_breach(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(ConnectError::Agent(AgentError::Breach { .. }))
    )
}

fn take_over(
    files: &[PathBuf],
    project: &Project,
    work: &Work,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let [path] = files else {
        return Err(Advice::failed("one draft is adopted at a time", "name one file").into());
    };
    let file = read_draft(path)?;
    let next = match adopt(project, work, &file)? {
        Adopted::Draft => "privyseal repo diff, then privyseal repo sign",
        Adopted::Correction => "an operator runs privyseal repo supersede root --reason TEXT",
    };
    writeln!(
        context.screen,
        "took {} {} from {}; privyseal.toml is as it was\nnext: {next}",
        escape(file.role.as_str()),
        file.version()?,
        escape(&path.display().to_string())
    )?;
    Ok(Exit::Done)
}

/// The worst of what happened decides how the command ends.
fn tell(
    refused: &[anyhow::Error],
    path: &Path,
    before: Exit,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    context.screen.flush()?;
    let mut exit = before;
    for error in refused {
        let mut text = Vec::new();
        let this = report(error, &mut text)?;
        let shown = String::from_utf8_lossy(&text);
        let shown = shown.strip_prefix("privyseal: ").unwrap_or(&shown);
        write!(
            anstream::stderr(),
            "privyseal: {}: {shown}",
            escape(&path.display().to_string())
        )?;
        exit = if exit == Exit::NeedsPerson {
            exit
        } else {
            this
        };
    }
    Ok(exit)
}

fn print_taken(out: &mut dyn Write, path: &Path, taken: &Taken) -> anyhow::Result<()> {
    let keyid = &taken.keyid;
    let owner = taken.owner.as_ref();
    let owner = owner.map_or_else(|| keyid.to_string(), |owner| format!("{owner} ({keyid})"));
    let token = taken.signer.as_ref();
    let token = token.map_or_else(String::new, |signer| format!(", {signer} as the file says"));
    let what = match taken.outcome {
        Outcome::Added => "signed by",
        Outcome::Known => "was signed already by",
        Outcome::NotNeeded => "has enough without the signature by",
    };
    writeln!(
        out,
        "{}: {} {} {what} {}",
        escape(&path.display().to_string()),
        escape(taken.role.as_str()),
        taken.version,
        escape(&format!("{owner}{token}"))
    )?;
    Ok(())
}
