mod trust;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::Args;

use crate::Exit;
use crate::agent::{AgentConfigError, HeldKey};
use crate::command::context::Context;
use crate::command::source::SourceArgs;
use crate::destination::Interrupt;
use crate::repo::{self, Imported, Keyholders, OwnerName};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
Takes over a repository that another tool made (python-tuf, tuftool, tuf-on-ci, ...): every root,
the present metadata and the target files, all of it verified as clients do it, and kept byte by
byte. privyseal.toml is written from what the metadata says: thresholds, keys, who delegates to whom.
A key that an agent here holds is written down as such; of the others, the owner is whom --owner names
or whom tuf-on-ci noted in the key. Fields that this program does not know stay where they are.

Which repository it is, is known by a root: --root names one that came by a trusted way; without it,
the first root is shown, and somebody must confirm it.

Afterwards: `privyseal repo enroll` makes it known to the agents, `privyseal repo rotate` gives its
roles the agents' keys, and the old keys sign the change elsewhere (`privyseal repo draft export`,
`privyseal repo attach`).

Examples:
  privyseal repo import ./old --authority production --repository example.org/packages \\
      --root 1.root.json -C packages
  privyseal repo import https://example.org/tuf --authority production \\
      --repository example.org/packages --root 1.root.json --owner 3f2a9c01=alice -C packages
  privyseal repo import --metadata https://tuf.example.org --no-targets --trust-first-root \\
      --authority production --repository example.org/packages -C packages")]
pub(super) struct Import {
    #[command(flatten)]
    place: SourceArgs,
    /// The authority in the agents' configs, such as "production".
    #[arg(long)]
    authority: String,
    /// The repository's name, such as "example.org/packages".
    #[arg(long)]
    repository: String,
    /// A root of the repository that came by a trusted way, of any version.
    #[arg(long, value_name = "FILE", conflicts_with = "trust_first_root")]
    root: Option<PathBuf>,
    /// Trust the first root as it is found.
    #[arg(long)]
    trust_first_root: bool,
    /// The owner of a key that no agent holds; KEYID may be its first 8 digits.
    #[arg(long = "owner", value_name = "KEYID=NAME")]
    owners: Vec<OwnerName>,
    /// Leave the target files where they are: only metadata is taken over.
    #[arg(long)]
    no_targets: bool,
    /// Take metadata that is expired.
    #[arg(long)]
    allow_expired: bool,
    /// Where to publish, inside the project.
    #[arg(long, value_name = "DIR", default_value = "repository")]
    output: PathBuf,
}

pub(super) async fn run(
    command: Import,
    directory: &Path,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let held = held_keys(context).await?;
    let open = || command.place.open(!command.no_targets, "--no-targets");
    let trusted = match &command.root {
        Some(path) => trust::from_file(path)?,
        None => trust::first(open()?, command.trust_first_root, now, context).await?,
    };
    let given_up = Arc::new(AtomicBool::new(false));
    let import = repo::Import {
        source: open()?,
        trusted,
        with_files: !command.no_targets,
        allow_expired: command.allow_expired,
        keyholders: Keyholders::new(command.owners, &held),
        directory: directory.to_owned(),
        authority: command.authority,
        repository: command.repository,
        output: command.output,
        given_up: Arc::clone(&given_up),
        now,
    };
    let imported = finish(import, &given_up).await?;
    view::print(&imported, directory, now, context.screen)?;
    Ok(Exit::Done)
}

/// What it reads may have to be waited for, by threads that are not the runtime's own.
async fn finish(import: repo::Import, given_up: &AtomicBool) -> anyhow::Result<Imported> {
    let interrupt = Interrupt::listen()?;
    let mut importing = tokio::task::spawn_blocking(move || import.run());
    let done = tokio::select! {
        done = &mut importing => done,
        () = interrupt.wait() => {
            given_up.store(true, Ordering::Relaxed);
            importing.await
        }
    };
    done.context("the import broke off")?
}

/// The keys that agents hold, if any agent is configured: a repository can be imported without one.
async fn held_keys(context: &mut Context<'_>) -> anyhow::Result<Vec<HeldKey>> {
    let agents = match context.agents(Vec::new()).await {
        Ok(agents) => agents,
        Err(error) if is_none_configured(&error) => {
            context
                .screen
                .note("no agent is configured: its keys are not looked for")?;
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    context.report_missing(&agents)?;
    Ok(agents.keys().await?)
}

fn is_none_configured(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<AgentConfigError>();
    matches!(error, Some(AgentConfigError::None(_)))
}
