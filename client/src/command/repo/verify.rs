use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, verify};
use crate::show::{absolute, in_days, now, print_table};

#[derive(Args, Debug)]
#[command(after_help = "\
Exits with 3 where a client would refuse the repository.

Examples:
  privyseal repo verify
  privyseal repo verify --json")]
pub(super) struct Verify {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: Verify,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let verified = verify(&project.metadata(), &project.targets(), now)?;
    if command.json {
        let roles: BTreeMap<String, _> = verified
            .documents
            .iter()
            .map(|(role, version, expires)| {
                (
                    role.to_string(),
                    json!({ "version": version, "expires": absolute(*expires) }),
                )
            })
            .collect();
        let (roots, targets, bytes) = (verified.roots, verified.targets, verified.bytes);
        context
            .screen
            .json(&json!({ "roots": roots, "roles": roles, "targets": targets, "bytes": bytes }))?;
        return Ok(Exit::Done);
    }
    let rows = verified.documents.iter().map(|(role, version, expires)| {
        let expires = format!("{} ({})", absolute(*expires), in_days(*expires, now));
        vec![role.to_string(), version.to_string(), expires]
    });
    print_table(context.screen, &["role", "version", "expires"], rows)?;
    writeln!(
        context.screen,
        "verified: {} roots, {} target files, {} bytes",
        verified.roots, verified.targets, verified.bytes
    )?;
    Ok(Exit::Done)
}
