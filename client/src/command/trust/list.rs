//! `privyseal trust list`

use std::io::Write;

use clap::Args;
use privyseal_tuf::{TargetPath, Targets};
use serde_json::json;

use super::place::{ConsumerArgs, image};
use crate::Exit;
use crate::command::context::Context;
use crate::show::{escape, print_table};
use crate::trust::pull::Pulled;

/// Lists what is signed, role by role.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal trust list reg.example.com/team/app
  privyseal trust list reg.example.com/team/app -r targets/releases,targets/alice
  privyseal trust list --json reg.example.com/team/app")]
pub struct List {
    /// The repository.
    image: String,
    /// Only in these roles.
    #[arg(long, short, value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    consumer: ConsumerArgs,
}

/// A target in one role.
struct Row {
    role: String,
    target: TargetPath,
    sha256: String,
    length: u64,
    custom: Option<String>,
}

pub(super) async fn run(command: List, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let consumer = command.consumer.open()?;
    let pulled = consumer.pull(image.gun()).await?;
    let mut rows = rows(&pulled);
    rows.retain(|row| command.roles.is_empty() || command.roles.contains(&row.role));
    rows.sort_by(|one, other| (&one.target, &one.role).cmp(&(&other.target, &other.role)));
    if command.json {
        let rows = rows.iter().map(|row| {
            json!({
                "target": row.target.as_str(),
                "role": row.role,
                "sha256": row.sha256,
                "length": row.length,
                "custom": row.custom.as_ref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok()),
            })
        });
        context.screen.json(&rows.collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        writeln!(context.screen, "no targets")?;
        return Ok(Exit::Done);
    }
    let cells = rows.iter().map(|row| {
        vec![
            escape(row.target.as_str()),
            row.sha256.clone(),
            row.length.to_string(),
            escape(&row.role),
        ]
    });
    print_table(context.screen, &["name", "sha-256", "size", "role"], cells)?;
    Ok(Exit::Done)
}

fn rows(pulled: &Pulled) -> Vec<Row> {
    let mut rows = of_role("targets", &pulled.targets.view, |_| true);
    for role in &pulled.delegations {
        if let Ok(metadata) = &role.metadata {
            let covers = |target: &TargetPath| role.covers(target.as_str());
            rows.extend(of_role(role.name.as_str(), &metadata.view, covers));
        }
    }
    rows
}

fn of_role(role: &str, targets: &Targets, covers: impl Fn(&TargetPath) -> bool) -> Vec<Row> {
    let listed = targets.targets.iter().filter(|(path, _)| covers(path));
    let row = |(path, target): (&TargetPath, &privyseal_tuf::Target)| Row {
        role: role.to_owned(),
        target: path.clone(),
        sha256: target
            .hashes
            .sha256()
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
        length: target.length,
        custom: target
            .custom
            .as_ref()
            .and_then(|value| String::from_utf8(value.to_file()).ok()),
    };
    listed.map(row).collect()
}
