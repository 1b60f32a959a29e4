//! `privyseal repo draft`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use privyseal_tuf::{Document, Requirement, Role};

use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::file::{self, Access};
use crate::repo::{DraftFile, Project, Sending, Work};
use crate::show::{aloud, escape, now};

#[derive(Subcommand, Debug)]
pub(super) enum Draft {
    /// Writes a draft with all that a signer elsewhere needs as one small file.
    Export(Export),
}

#[derive(Args, Debug)]
#[command(after_help = "\
The file goes to every signer, by mail or on a stick: it holds nothing secret. There `privyseal draft
show` tells what it changes, and `privyseal draft sign` has an agent sign it. Keys without an agent
sign the bare payload. What comes back is added with `privyseal repo attach`.

Examples:
  privyseal repo draft export
  privyseal repo draft export root -o /media/stick/root.draft.json
  privyseal repo draft export targets --payload targets.payload")]
pub(super) struct Export {
    /// The draft's role. Without it: the first one that misses signatures.
    role: Option<Role>,
    /// Where to write the draft file. Without it: ROLE-VERSION.draft.json.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the bytes that are signed, for other tools.
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
}

pub(super) fn run(
    command: Draft,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let Draft::Export(export) = command;
    let work = Work::load(project, now())?;
    let role = match export.role {
        Some(role) => role,
        None => first_unfinished(&work)?,
    };
    let file = DraftFile::of(project, &work, &role)?;
    let (bytes, document) = (file.to_bytes()?, &file.document);
    // From here on somebody may sign it: it is noted as what is sent to agents is.
    let sending = Sending {
        role: &role,
        document,
        published: work.published().version(&role),
    };
    project.sent().note(&[sending])?;
    project.exported().keep(&role, document)?;
    let path = match export.output {
        Some(path) => path,
        None => PathBuf::from(file.file_name()?),
    };
    write(&path, &bytes)?;
    writeln!(
        context.screen,
        "{} {}: {} ({} bytes)",
        escape(role.as_str()),
        file.version()?,
        path.display(),
        bytes.len()
    )?;
    if let Some(path) = export.payload {
        let payload = document.payload().bytes();
        write(&path, &payload)?;
        writeln!(
            context.screen,
            "payload: {} ({} bytes)",
            path.display(),
            payload.len()
        )?;
    }
    let digest = aloud(&document.payload().digest);
    writeln!(context.screen, "SHA-256 of the payload: {digest}")?;
    Ok(Exit::Done)
}

fn write(path: &std::path::Path, bytes: &[u8]) -> anyhow::Result<()> {
    file::write_atomically(path, bytes, Access::Public)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn first_unfinished(work: &Work) -> anyhow::Result<Role> {
    for role in work.order()? {
        let unmet = |document: &Document, asked: &Requirement| !asked.tally(document).is_met();
        if let Some(draft) = work.draft(&role)
            && work
                .requirements(&role)?
                .iter()
                .any(|asked| unmet(draft, asked))
        {
            return Ok(role);
        }
    }
    Err(Advice::failed(
        "no draft misses signatures",
        "name the role whose draft you mean; `privyseal repo status` shows them",
    )
    .into())
}
