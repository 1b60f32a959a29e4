use std::io::Write;

use clap::Args;
use privyseal_tuf::{HashPrefix, PathPattern, Role, RoleName, Scope};

use super::keyring::{KeyArg, Keyring};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{NewDelegation, Period, Project, Work, delegate};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Patterns are those of a shell: *, ? and [...], none of which crosses a slash. Of several roles that
list a path, the first counts. The same command changes a delegation: what is not given stays.

Examples:
  privyseal repo delegate app --key dev:app-1 dev:app-2 --threshold 2 --path 'app/*' 'app/*/*'
  privyseal repo delegate docs --key alice=alice.pem --path 'docs/*' --terminating --first
  privyseal repo delegate app-beta --by app --key dev:beta --path 'app/beta-*' --expires 14d")]
pub(super) struct Delegate {
    /// The role's name.
    name: RoleName,
    /// Who delegates.
    #[arg(long, value_name = "ROLE", default_value = "targets")]
    by: Role,
    /// The role's keys: AGENT:KEY, KEY, or OWNER=FILE for a public key that no agent holds.
    #[arg(long = "key", value_name = "KEY", num_args = 1..)]
    keys: Vec<KeyArg>,
    /// How many of them must sign. Without it: 1, or as many as before.
    #[arg(long, value_name = "N")]
    threshold: Option<u32>,
    /// Patterns of the paths that the role is trusted with.
    #[arg(long = "path", value_name = "PATTERN", num_args = 1.., conflicts_with = "hash_prefixes")]
    paths: Vec<String>,
    /// Beginnings of the SHA-256 of the paths that it is trusted with, in hex.
    #[arg(long = "hash-prefix", value_name = "HEX", num_args = 1..)]
    hash_prefixes: Vec<HashPrefix>,
    /// The search for a path that the role is trusted with ends with it, found or not.
    #[arg(long, conflicts_with = "not_terminating")]
    terminating: bool,
    /// Take --terminating back.
    #[arg(long)]
    not_terminating: bool,
    /// Ask this role before all others that the delegator trusts.
    #[arg(long)]
    first: bool,
    /// How long a version of the role is valid. Without it: as targets, or as before.
    #[arg(long, value_name = "PERIOD")]
    expires: Option<Period>,
}

pub(super) async fn run(
    command: Delegate,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut keyring = Keyring::open(Some(project), context).await?;
    let keys = keyring.settle_all(&command.keys)?;
    let work = Work::load(project, now())?;
    let new = NewDelegation {
        name: &command.name,
        by: &command.by,
        keys: &keys,
        threshold: command.threshold,
        scope: command.scope(),
        terminating: (command.terminating || command.not_terminating)
            .then_some(command.terminating),
        expires: command.expires,
        place: command.first.then_some(0),
        known: keyring.known(),
    };
    let notes = delegate(project, &work, &new)?;
    for note in notes {
        context.screen.note(&escape(&note))?;
    }
    writeln!(
        context.screen,
        "{} delegates to {}\nnext: privyseal repo diff, then privyseal repo sign",
        escape(command.by.as_str()),
        escape(command.name.as_str())
    )?;
    Ok(Exit::Done)
}

impl Delegate {
    fn scope(&self) -> Option<Scope> {
        let patterns = self
            .paths
            .iter()
            .map(|path| PathPattern::from(path.as_str()));
        match (self.paths.is_empty(), self.hash_prefixes.is_empty()) {
            (false, _) => Some(Scope::Paths(patterns.collect())),
            (true, false) => Some(Scope::HashPrefixes(self.hash_prefixes.clone())),
            (true, true) => None,
        }
    }
}
