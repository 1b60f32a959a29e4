use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use privyseal_tuf::RoleType;

use super::{input, view};
use crate::Exit;
use crate::command::context::Context;
use crate::command::repo::give_up;
use crate::failure::Advice;
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
An agent never signs two contents of one root version. Where it signed another draft than this one,
and that one is not complete, an operator has it give the other one up; afterwards it signs this one.

Of Docker Content Trust one signature is mostly enough, so a root that notary-server refuses is
complete and bars its version. Where you are sure that the server does not have it, say so with
--server-refused: whoever has got that root could else show it to somebody.

Examples:
  privyseal draft supersede root-3.draft.json --reason 'wrong timestamp key in the first draft'
  privyseal draft supersede root-3.draft.json --server-refused --reason 'the server has new keys'")]
pub struct Supersede {
    /// The draft file that stays.
    file: PathBuf,
    /// The draft file that is given up; needed for a first root, by which agents know a repository.
    #[arg(long, value_name = "FILE")]
    old: Option<PathBuf>,
    /// Why; it is recorded in the agents' ledgers.
    #[arg(long)]
    reason: String,
    /// The other one is complete, and notary-server refused it. Recorded.
    #[arg(long)]
    server_refused: bool,
    /// What is published of the role, fetched from the repository, to compare with.
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(command: Supersede, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let file = input::read(&command.file)?;
    if file.role != RoleType::Root.into() {
        return Err(Advice::failed(
            format!("a draft of {} is not superseded", file.role),
            "ask for the next version: it needs none of this",
        )
        .into());
    }
    let old = command.old.as_deref().map(input::read).transpose()?;
    if file.version()? == 1 && old.is_none() {
        return Err(Advice::failed(
            "agents know a repository by its first root, so they must be told which one is given up",
            "give the other draft file: --old FILE",
        )
        .into());
    }
    let lineage = old.as_ref().unwrap_or(&file).lineage();
    let before = input::before(&file, command.before.as_deref())?;
    let given = command.before.is_some();
    view::Shown::of(&file, before.as_ref(), given, now())?.print(context.screen)?;
    if !command.yes {
        let question = "Put this in the place of what was signed?";
        context.confirm(question, "nothing was superseded")?;
    }
    let mut agents = context.agents(Vec::new()).await?;
    let missing = context.report_missing(&agents)?;
    for agent in agents.connected_mut() {
        let (new, refused) = (&file.document, command.server_refused);
        if give_up(agent, &lineage, new, &command.reason, refused).await? {
            writeln!(
                context.screen,
                "agent {} gave up the other draft; next: privyseal draft sign {}",
                agent.name(),
                command.file.display()
            )?;
        } else {
            writeln!(
                context.screen,
                "agent {} signed no other draft of this version",
                agent.name()
            )?;
        }
    }
    Ok(if missing { Exit::Failed } else { Exit::Done })
}
