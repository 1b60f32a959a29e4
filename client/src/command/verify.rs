//! `privyseal verify`

mod print;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{ArgGroup, Args};
use privyseal_tuf::TargetPath;
use serde_json::json;

use super::context::Context;
use super::source::{SourceArgs, read_root};
use crate::Exit;
use crate::failure::Advice;
use crate::repo::{FileCheck, Start, Verification};
use crate::show::{escape, now};

pub(super) use print::{finish, print};

/// Verifies a published repository as its clients do.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("start").required(true).args(["root", "every_root"])),
    after_help = "\
It needs no project and no agent: metadata is followed from the root to every delegated role, and
each target file is read and compared. Exits with 3 where a client would refuse the repository or a
part of it; warnings do not change the exit code.

Examples:
  privyseal verify ./repository --root 1.root.json
  privyseal verify https://example.org/tuf --root 1.root.json --files length
  privyseal verify https://example.org/tuf --every-root --json
  privyseal verify --metadata https://example.org/m --targets https://cdn.example.org/t --every-root
  privyseal verify ./repository --root 1.root.json --find app/app-1.2.tar.gz"
)]
pub struct VerifyCommand {
    #[command(flatten)]
    place: SourceArgs,
    /// Start from this root, which came by a trusted way.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// Start from each root that the repository ever had, and say from which clients get stuck.
    #[arg(long)]
    every_root: bool,
    /// What is done with target files.
    #[arg(long, value_enum, default_value = "all")]
    files: FileCheck,
    /// Find one target as a client does, and verify nothing that this does not need.
    #[arg(long, value_name = "TARGET")]
    find: Option<TargetPath>,
    /// Take a key under another keyid than its own as a problem: some clients refuse it.
    #[arg(long)]
    strict_keyids: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: VerifyCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let now = now();
    let start = match &command.root {
        Some(path) => Start::Root(read_root(path)?),
        None => Start::EveryRoot,
    };
    let with_files = command.files != FileCheck::None;
    let source = command.place.open(with_files, "--files none")?;
    let (files, strict_keyids, find) = (command.files, command.strict_keyids, command.find);
    // What it reads may have to be waited for, by threads that are not the runtime's own.
    let verifying = tokio::task::spawn_blocking(move || {
        let verification = Verification {
            source: &source,
            start,
            files,
            strict_keyids,
            now,
        };
        match &find {
            None => Ok((verification.run()?, None)),
            Some(path) => {
                let (report, found) = verification.find(path)?;
                Ok::<_, anyhow::Error>((report, Some((path.clone(), found))))
            }
        }
    });
    let (report, searched) = verifying.await.context("the verification broke off")??;
    let remedy = "clients refuse it, or a part of it: tell whoever publishes it";
    let found = match &searched {
        Some((path, Some(found))) => {
            let file = &found.target;
            let hashes: serde_json::Map<_, _> = file
                .hashes
                .iter()
                .map(|(name, digest)| (name.to_owned(), digest.into()))
                .collect();
            Some(json!({
                "path": path.as_str(),
                "role": found.role.as_str(),
                "length": file.length,
                "hashes": hashes,
            }))
        }
        _ => None,
    };
    print(&report, found.as_ref(), command.json, now, context.screen)?;
    let exit = finish(&report, remedy)?;
    match searched {
        None => Ok(exit),
        Some((path, None)) => Err(Advice::failed(
            format!("no role that clients ask for {path} has it"),
            "without --find, the targets that are listed where no client looks are named",
        )
        .into()),
        Some((path, Some(found))) => {
            if !command.json {
                let (path, role) = (escape(path.as_str()), escape(found.role.as_str()));
                let length = found.target.length;
                writeln!(context.screen, "found: {path}, {length} bytes, by {role}")?;
            }
            Ok(exit)
        }
    }
}
