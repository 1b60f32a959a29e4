use std::path::PathBuf;

use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::command::trust::pem::key_file;
use crate::command::trust::place::image;
use crate::command::trust::stage::{StageArgs, stage};
use crate::failure::Advice;
use crate::trust::change::Change;

#[derive(Args, Debug)]
#[command(after_help = "\
A key is a PEM public key, as `privyseal trust key export` or `docker trust key generate` writes it,
or a certificate. A path is how the names of targets begin that the role is trusted with.

Examples:
  privyseal trust delegation add reg.example.com/team/app targets/releases alice.pub --all-paths -p
  privyseal trust delegation add reg.example.com/team/app targets/qa qa.crt --paths test-,rc-
  privyseal trust delegation add reg.example.com/team/app targets/releases bob.pub --threshold 2")]
pub struct Add {
    /// The repository.
    image: String,
    /// targets/NAME
    role: String,
    /// Files of keys.
    keys: Vec<PathBuf>,
    /// Paths.
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    paths: Vec<String>,
    /// Every path.
    #[arg(long, conflicts_with = "paths")]
    all_paths: bool,
    /// How many of its keys must sign.
    #[arg(long, value_name = "N")]
    threshold: Option<u32>,
    #[command(flatten)]
    stage: StageArgs,
}

pub(super) async fn run(command: Add, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let keys = command.keys.iter().map(|path| Ok(key_file(path)?.pem));
    let keys: Vec<String> = keys.collect::<anyhow::Result<_>>()?;
    let paths = match command.all_paths {
        true => vec![String::new()],
        false => command.paths,
    };
    if keys.is_empty() && paths.is_empty() && command.threshold.is_none() {
        return Err(Advice::failed(
            "nothing is added: neither a key nor a path is named",
            "give files of keys, --paths or --all-paths, or --threshold",
        )
        .into());
    }
    let change = Change::Delegate {
        role: command.role,
        keys,
        paths,
        threshold: command.threshold,
    };
    stage(command.stage, image.gun(), &[change], context).await
}
