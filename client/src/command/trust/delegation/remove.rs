use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::command::trust::place::image;
use crate::command::trust::stage::{StageArgs, stage};
use crate::trust::change::Change;

#[derive(Args, Debug)]
#[command(after_help = "\
Without keys and paths the whole delegation goes, with all that its role signed. What it leaves signed
by a key that is gone is signed anew in the same publish; where no key here can, nothing is published.

Examples:
  privyseal trust delegation remove reg.example.com/team/app targets/qa --yes -p
  privyseal trust delegation remove reg.example.com/team/app targets/releases 0b61… -p
  privyseal trust delegation remove reg.example.com/team/app targets/qa --paths rc-")]
pub struct Remove {
    /// The repository.
    image: String,
    /// targets/NAME
    role: String,
    /// Ids of keys, as `privyseal trust delegation list` shows them.
    keyids: Vec<String>,
    /// Paths.
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    paths: Vec<String>,
    /// Every path.
    #[arg(long, conflicts_with = "paths")]
    all_paths: bool,
    /// Do not ask before a whole delegation is removed.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    stage: StageArgs,
}

pub(super) async fn run(command: Remove, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let whole = command.keyids.is_empty() && command.paths.is_empty() && !command.all_paths;
    if whole && !command.yes {
        let question = format!("Take the delegation to {} back?", command.role);
        context.confirm(&question, "nothing was removed")?;
    }
    let change = match whole {
        true => Change::RemoveDelegation { role: command.role },
        false => Change::Undelegate {
            role: command.role,
            keyids: command.keyids,
            paths: command.paths,
            all_paths: command.all_paths,
        },
    };
    stage(command.stage, image.gun(), &[change], context).await
}
