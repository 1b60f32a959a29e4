use std::io::Write;

use clap::Args;
use privyseal_tuf::{Role, RoleType};

use super::keyring::{KeyArg, Keyring};
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::{DelegationChange, KeySettings, Project, RootChange, Work};
use crate::repo::{change_delegation, draft_root, place_root, take_key};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
For the four roles it makes a draft of the next root, which the old and the new root keys must sign;
for a delegated role, a draft of its delegators. privyseal.toml is changed too. Roles whose keys
changed get a new version when the drafts are signed.

Examples:
  privyseal repo rotate root --add root-4 --remove root-1
  privyseal repo rotate root --add alice=alice.pem
  privyseal repo rotate timestamp --add online:ts-2 --remove 3f2a9c...
  privyseal repo rotate 'bins-*' --add online:bins-2 --remove bins-1
  privyseal repo rotate root --threshold 3")]
pub(super) struct Rotate {
    /// root, targets, snapshot, timestamp, a delegated role, or PREFIX-* for hashed bins.
    role: String,
    /// A key that may sign from now on: AGENT:KEY, KEY, or OWNER=FILE for a public key that no
    /// agent holds (PEM, or JSON as in metadata).
    #[arg(long, value_name = "KEY", num_args = 1..)]
    add: Vec<KeyArg>,
    /// A key that may no longer sign: AGENT:KEY, KEY, its owner, or the beginning of a keyid (8
    /// digits or more).
    #[arg(long, value_name = "KEY", num_args = 1..)]
    remove: Vec<String>,
    /// How many keys must sign.
    #[arg(long, value_name = "N")]
    threshold: Option<u32>,
    /// Where the root draft is signed already: make a correction of it, for `repo supersede`.
    #[arg(long)]
    correct: bool,
}

pub(super) async fn run(
    command: Rotate,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut keyring = Keyring::open(Some(project), context).await?;
    let added = keyring.settle_all(&command.add)?;
    if added.is_empty() && command.remove.is_empty() && command.threshold.is_none() {
        return Err(Advice::failed(
            "nothing would change",
            "give --add, --remove or --threshold",
        )
        .into());
    }
    let (keys, threshold) = match command.role.parse() {
        Ok(Role::Top(role)) => rotate_top(&command, role, &added, project, &keyring)?,
        _ => {
            let change = DelegationChange {
                name: &command.role,
                added: &added,
                removed: &command.remove,
                threshold: command.threshold,
                known: keyring.known(),
            };
            change_delegation(project, &Work::load(project, now())?, &change)?
        }
    };
    let names: Vec<String> = keys.iter().map(KeySettings::owner).collect();
    writeln!(
        context.screen,
        "{} needs {threshold} of {}: {}\nnext: {}",
        escape(&command.role),
        names.len(),
        escape(&names.join(", ")),
        super::next_after_root(project)?
    )?;
    Ok(Exit::Done)
}

fn rotate_top(
    command: &Rotate,
    role: RoleType,
    added: &[KeySettings],
    project: &Project,
    keyring: &Keyring,
) -> anyhow::Result<(Vec<KeySettings>, u32)> {
    let work = Work::load(project, now())?;
    let mut new = project.settings().role(role).clone();
    for key in &command.remove {
        take_key(&mut new.keys, key)?;
    }
    new.keys.extend_from_slice(added);
    new.threshold = command.threshold.unwrap_or(new.threshold);
    if new == *project.settings().role(role) {
        return Err(Advice::failed("nothing would change", "the role is like that already").into());
    }
    let (changed, text) = project.with_role(role, &new)?;
    let root = RoleType::Root.into();
    let change = RootChange {
        published: work.published().last(RoleType::Root).map(AsRef::as_ref),
        drafted: work.draft(&root).map(AsRef::as_ref),
        held: keyring.known(),
        expires: work.expires(&root)?,
    };
    let root = draft_root(changed.settings(), &change)?;
    place_root(project, &work, &root, command.correct)?;
    project.write_settings(&text)?;
    Ok((new.keys, new.threshold))
}
