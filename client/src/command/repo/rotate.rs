use std::io::Write;

use clap::Args;
use privyseal_tuf::RoleType;

use super::init::key_settings;
use super::tuf_keys;
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::{KeySettings, Project, RoleSettings, RootChange, Work, draft_root, place_root};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Makes a draft of the next root, which the old and the new root keys must sign, and writes the keys
to privyseal.toml. Roles whose keys changed get a new version when the draft is signed.

Examples:
  privyseal repo rotate root --add root-4 --remove root-1
  privyseal repo rotate timestamp --add online:ts-2 --remove 3f2a9c...
  privyseal repo rotate root --threshold 3")]
pub(super) struct Rotate {
    /// root, targets, snapshot or timestamp.
    role: RoleType,
    /// A key that may sign from now on: AGENT:KEY, or KEY.
    #[arg(long, value_name = "KEY", num_args = 1..)]
    add: Vec<KeyRef>,
    /// A key that may no longer sign: AGENT:KEY, KEY, or the beginning of a keyid (8 digits or more).
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
    let work = Work::load(project, now())?;
    let role = command.role;
    let agents = super::agents(project, context).await?;
    let held = agents.keys().await?;
    let mut new = project.settings().role(role).clone();
    for key in &command.remove {
        remove(&mut new, key)?;
    }
    for key in &command.add {
        new.keys.push(key_settings(&agents, &held, key)?);
    }
    new.threshold = command.threshold.unwrap_or(new.threshold);
    if new == *project.settings().role(role) {
        return Err(Advice::failed(
            "nothing would change",
            "give --add, --remove or --threshold",
        )
        .into());
    }
    let (changed, text) = project.with_role(role, &new)?;
    let change = RootChange {
        published: work.published().last(RoleType::Root),
        drafted: work.draft(RoleType::Root),
        held: &tuf_keys(&held),
        expires: work.expires(RoleType::Root)?,
    };
    let root = draft_root(changed.settings(), &change)?;
    place_root(project, &work, &root, command.correct)?;
    project.write_settings(&text)?;
    let names: Vec<String> = new.keys.iter().map(KeySettings::owner).collect();
    writeln!(
        context.screen,
        "{role} needs {} of {}: {}\nnext: {}",
        new.threshold,
        names.len(),
        escape(&names.join(", ")),
        super::next_after_root(project)?
    )?;
    Ok(Exit::Done)
}

fn remove(role: &mut RoleSettings, named: &str) -> Result<(), Advice> {
    let by_keyid = |key: &&KeySettings| named.len() >= 8 && key.keyid.as_str().starts_with(named);
    let by_name = |key: &&KeySettings| key.name == named || key.owner() == named;
    let mut found = role.keys.iter().filter(|key| by_keyid(key) || by_name(key));
    let keyid = match (found.next(), found.next()) {
        (Some(key), None) => key.keyid.clone(),
        (Some(_), Some(_)) => {
            return Err(Advice::failed(
                format!("{named} names several keys of the role"),
                "name it AGENT:KEY, or by its whole keyid",
            ));
        }
        (None, _) => {
            return Err(Advice::failed(
                format!("the role has no key {named}"),
                "`privyseal repo status` and privyseal.toml list the role's keys",
            ));
        }
    };
    role.keys.retain(|key| key.keyid != keyid);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::example_settings;

    #[test]
    fn keys_are_removed_by_name_owner_or_keyid() {
        let root = example_settings().roles.root;
        for named in ["root-1", "default:root-1", "11111111", &"1".repeat(64)] {
            let mut role = root.clone();
            remove(&mut role, named).unwrap();
            assert_eq!(role.keys.len(), 1, "{named}");
            assert_eq!(role.keys[0].name, "root-2");
        }
        for named in ["root-3", "1111111", "", "other:root-1"] {
            assert!(remove(&mut root.clone(), named).is_err(), "{named}");
        }
    }
}
