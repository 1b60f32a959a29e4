use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use privyseal_tuf::{Draft, Expires, RoleType};

use super::keyring::{KeyArg, Keyring};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{
    Delegated, Period, Project, Publishing, RoleSettings, Roles, RootChange, Settings, draft_root,
};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
A key is named AGENT:KEY, or KEY where one agent lists it; OWNER=FILE gives a public key that no
agent holds (PEM, or JSON as in metadata).

Examples:
  privyseal repo init --authority production --repository example.org/packages \\
      --root root-1 root-2 root-3 --root-threshold 2 \\
      --targets targets --snapshot online --timestamp online
  privyseal repo init -C pkgs --authority staging --repository example.org/packages \\
      --root safe:root-1 vault2:root-2 --root-threshold 2 --targets safe:targets \\
      --snapshot online:ci --timestamp online:ci --expires-timestamp 12h")]
pub(super) struct Init {
    /// The authority in the agents' configs, such as "production".
    #[arg(long)]
    authority: String,
    /// The repository's name, such as "example.org/packages".
    #[arg(long)]
    repository: String,
    /// Where to publish, inside the project.
    #[arg(long, value_name = "DIR", default_value = "repository")]
    output: PathBuf,
    /// The root keys.
    #[arg(long, required = true, num_args = 1.., value_name = "KEY")]
    root: Vec<KeyArg>,
    /// How many root keys must sign. Without it: more than half of them.
    #[arg(long, value_name = "N")]
    root_threshold: Option<u32>,
    /// The targets keys.
    #[arg(long, required = true, num_args = 1.., value_name = "KEY")]
    targets: Vec<KeyArg>,
    /// How many targets keys must sign.
    #[arg(long, value_name = "N", default_value_t = 1)]
    targets_threshold: u32,
    /// The snapshot keys.
    #[arg(long, required = true, num_args = 1.., value_name = "KEY")]
    snapshot: Vec<KeyArg>,
    /// How many snapshot keys must sign.
    #[arg(long, value_name = "N", default_value_t = 1)]
    snapshot_threshold: u32,
    /// The timestamp keys.
    #[arg(long, required = true, num_args = 1.., value_name = "KEY")]
    timestamp: Vec<KeyArg>,
    /// How many timestamp keys must sign.
    #[arg(long, value_name = "N", default_value_t = 1)]
    timestamp_threshold: u32,
    /// How long a root is valid.
    #[arg(long, value_name = "PERIOD", default_value = "365d")]
    expires_root: Period,
    /// How long targets are valid.
    #[arg(long, value_name = "PERIOD", default_value = "90d")]
    expires_targets: Period,
    /// How long a snapshot is valid.
    #[arg(long, value_name = "PERIOD", default_value = "7d")]
    expires_snapshot: Period,
    /// How long a timestamp is valid.
    #[arg(long, value_name = "PERIOD", default_value = "1d")]
    expires_timestamp: Period,
}

pub(super) async fn run(
    command: Init,
    directory: &Path,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut keyring = Keyring::open(None, context).await?;
    let settings = command.settings(&mut keyring)?;
    let expires = |role: RoleType| {
        Expires::from_seconds(now().saturating_add(settings.role(role).expires.seconds()))
    };
    let change = RootChange {
        published: None,
        drafted: None,
        held: keyring.known(),
        expires: expires(RoleType::Root)?,
    };
    let root = draft_root(&settings, &change)?;
    let targets = Draft::targets(1, &expires(RoleType::Targets)?).finish()?;
    let project = Project::create(directory, settings)?;
    let _lock = project.lock()?;
    project.drafts().write(&RoleType::Root.into(), &root)?;
    project
        .drafts()
        .write(&RoleType::Targets.into(), &targets)?;
    writeln!(
        context.screen,
        "made {} with drafts of root 1 and targets 1\nnext: privyseal repo add FILE..., then privyseal repo sign",
        directory.join(crate::repo::SETTINGS).display()
    )?;
    Ok(Exit::Done)
}

impl Init {
    fn settings(&self, keyring: &mut Keyring) -> anyhow::Result<Settings> {
        let majority = u32::try_from(self.root.len() / 2 + 1).unwrap_or(u32::MAX);
        let mut role = |keys: &[KeyArg], threshold, expires| {
            anyhow::Ok(RoleSettings {
                threshold,
                expires,
                keys: keyring.settle_all(keys)?,
            })
        };
        let root_threshold = self.root_threshold.unwrap_or(majority);
        Ok(Settings {
            authority: self.authority.clone(),
            repository: self.repository.clone(),
            output: self.output.clone(),
            publishing: Publishing::default(),
            agents: Vec::new(),
            roles: Roles {
                root: role(&self.root, root_threshold, self.expires_root)?,
                targets: role(&self.targets, self.targets_threshold, self.expires_targets)?,
                snapshot: role(
                    &self.snapshot,
                    self.snapshot_threshold,
                    self.expires_snapshot,
                )?,
                timestamp: role(
                    &self.timestamp,
                    self.timestamp_threshold,
                    self.expires_timestamp,
                )?,
            },
            delegated: Delegated::default(),
        })
    }
}
