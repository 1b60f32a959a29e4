use std::io::Write;

use clap::Args;
use privyseal_tuf::{DelegatedRole, Delegations, Key, Scope};
use serde_json::{Value, json};

use crate::Exit;
use crate::command::context::Context;
use crate::command::trust::place::{ConsumerArgs, image};
use crate::show::{escape, print_table};
use crate::trust::pull::Pulled;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal trust delegation list reg.example.com/team/app
  privyseal trust delegation list --json reg.example.com/team/app")]
pub struct List {
    /// The repository.
    image: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    consumer: ConsumerArgs,
}

pub(super) async fn run(command: List, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let consumer = command.consumer.open()?;
    let pulled = consumer.pull(image.gun()).await?;
    let roles = delegations(&pulled);
    if command.json {
        let roles: Vec<Value> = roles.iter().map(to_json).collect();
        context.screen.json(&roles)?;
        return Ok(Exit::Done);
    }
    if roles.is_empty() {
        writeln!(context.screen, "no delegations")?;
        return Ok(Exit::Done);
    }
    let rows = roles.iter().map(|(role, delegations)| {
        let (keys, paths) = (keyids(role, delegations).join(" "), paths(role));
        let paths: Vec<String> = paths.iter().map(|path| path_name(path)).collect();
        vec![
            escape(role.name.as_str()),
            escape(&paths.join(" ")),
            format!("{} of {}", role.keys.threshold, role.keys.keyids.len()),
            keys,
        ]
    });
    print_table(
        context.screen,
        &["role", "paths", "must sign", "keys"],
        rows,
    )?;
    Ok(Exit::Done)
}

/// Every delegation, those of a delegator before those below it.
fn delegations(pulled: &Pulled) -> Vec<(DelegatedRole, &Delegations)> {
    let all = pulled.delegations.iter().filter_map(|delegated| {
        let delegations = pulled.delegations_of(&delegated.delegator)?;
        let name = delegated.name.as_str().parse().ok()?;
        Some((delegations.role(&name)?, delegations))
    });
    all.collect()
}

/// The ids of the bare keys, which are the same for every certificate of theirs.
fn keyids(role: &DelegatedRole, delegations: &Delegations) -> Vec<String> {
    let keys = role.keys.keyids.iter();
    let id = |keyid: &privyseal_tuf::KeyId| {
        let canonical = delegations.keys.get(keyid).and_then(Key::canonical_keyid);
        canonical.unwrap_or_else(|| keyid.clone()).to_string()
    };
    keys.map(|keyid| escape(&id(keyid))).collect()
}

fn paths(role: &DelegatedRole) -> Vec<String> {
    match &role.scope {
        Scope::Prefixes(prefixes) => prefixes.clone(),
        Scope::Paths(_) | Scope::HashPrefixes(_) => Vec::new(),
    }
}

fn path_name(path: &str) -> String {
    match path {
        "" => "\"\" (all)".to_owned(),
        path => path.to_owned(),
    }
}

fn to_json((role, delegations): &(DelegatedRole, &Delegations)) -> Value {
    json!({
        "role": role.name.as_str(),
        "paths": paths(role),
        "threshold": role.keys.threshold,
        "keys": keyids(role, delegations),
    })
}
