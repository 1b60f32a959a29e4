use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::Exit;
use crate::command::context::Context;
use crate::show::{escape, print_table};
use crate::trust::hands::{Hand, Hands};

#[derive(Args, Debug)]
#[command(after_help = "\
The key ids are notary's canonical ones: `docker trust inspect --pretty` and `notary delegation list`
show them too, of whatever certificate. `privyseal key list` shows the keys of every purpose.

Examples:
  privyseal trust key list
  privyseal trust key list --role root
  privyseal trust key list --json | jq -r '.[].keyid'")]
pub struct List {
    /// Only keys of this role: root, targets, snapshot or delegation.
    #[arg(long, short, value_name = "ROLE")]
    role: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A key, as scripts see it.
#[derive(Serialize)]
struct View<'a> {
    role: &'a str,
    repository: &'a str,
    keyid: &'a str,
    agent: &'a str,
    name: &'a str,
    keystore: &'a str,
    token_label: &'a str,
    token_serial: &'a str,
    algorithm: &'a str,
    authority: &'a str,
    /// False of a key that was imported.
    made_on_device: Option<bool>,
    usable: bool,
}

pub(super) async fn run(command: List, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut agents = context.agents(Vec::new()).await?;
    let hands = Hands::of(&mut agents, None).await?;
    let wanted = |hand: &&Hand| {
        command
            .role
            .as_ref()
            .is_none_or(|it| *it == hand.held.key.role)
    };
    let mut keys: Vec<View<'_>> = hands.keys().iter().filter(wanted).map(View::of).collect();
    keys.sort_by_key(|key| (key.role, key.repository, key.agent, key.name));
    if command.json {
        context.screen.json(&keys)?;
    } else if keys.is_empty() {
        let text = "no keys of content trust (an agent lists only those that its grants give you)";
        writeln!(context.screen, "{text}")?;
    } else {
        let header = ["role", "gun", "key id", "location", "algorithm", "usable"];
        print_table(context.screen, &header, keys.iter().map(View::row))?;
    }
    Ok(match context.report_missing(&agents)? {
        true => Exit::Failed,
        false => Exit::Done,
    })
}

impl<'a> View<'a> {
    fn of(hand: &'a Hand) -> Self {
        let key = &hand.held.key;
        Self {
            role: &key.role,
            repository: &key.repository,
            keyid: &key.keyid,
            agent: &hand.held.agent,
            name: &key.name,
            keystore: &key.keystore,
            token_label: &key.token_label,
            token_serial: &key.token_serial,
            algorithm: &key.algorithm,
            authority: &key.authority,
            made_on_device: key.protection.map(|protection| protection.local),
            usable: key.usable,
        }
    }

    fn row(&self) -> Vec<String> {
        let born = match self.made_on_device {
            Some(false) => ", NOT MADE ON DEVICE",
            _ => "",
        };
        vec![
            escape(self.role),
            escape(self.repository),
            escape(self.keyid),
            escape(&format!(
                "{}:{} on {} ({}){born}",
                self.agent, self.name, self.token_label, self.token_serial
            )),
            escape(self.algorithm),
            if self.usable { "yes" } else { "no" }.to_owned(),
        ]
    }
}
