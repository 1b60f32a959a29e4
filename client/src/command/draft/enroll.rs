use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::EnrollRepositoryRequest;
use privyseal_tuf::Document;

use super::input;
use crate::Exit;
use crate::command::context::Context;
use crate::command::repo::enroll_all;
use crate::failure::Advice;
use crate::repo::DraftFile;

#[derive(Args, Debug)]
#[command(after_help = "\
An agent with a new key of an existing repository has never heard of it. It takes the repository
from an operator only: it is shown every root of the draft file, from the first.

Examples:
  privyseal draft enroll root-3.draft.json --agent safe")]
pub struct Enroll {
    /// The draft file.
    file: PathBuf,
}

pub(super) async fn run(command: &Enroll, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let file = input::read(&command.file)?;
    let request = request(&file)?;
    let agents = context.agents(Vec::new()).await?;
    enroll_all(agents, request, context).await
}

fn request(file: &DraftFile) -> anyhow::Result<EnrollRepositoryRequest> {
    let first = file.roots.first();
    if first.is_none_or(|root| root.payload().digest != file.first_root) {
        return Err(Advice::failed(
            "the draft file does not reach back to the first root",
            "an agent takes a repository from its first root on: run `privyseal repo enroll` where the project is; the first root of all needs a grant with `open` instead",
        )
        .into());
    }
    Ok(EnrollRepositoryRequest {
        authority: file.authority.clone(),
        repository: file.repository.clone(),
        roots: file.roots.iter().map(Document::to_bytes).collect(),
        ..Default::default()
    })
}
