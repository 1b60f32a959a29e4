use std::path::PathBuf;

use clap::Args;

use super::public;
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::trust::hands::Hands;

#[derive(Args, Debug)]
#[command(after_help = "\
The private half stays in the token. What is written is what `docker trust signer add --key`,
`notary delegation add` and `privyseal trust signer add --key` read.

Examples:
  privyseal trust key export alice -o alice.pub
  privyseal trust key export build:alice | openssl pkey -pubin -noout -text")]
pub struct Export {
    /// The key: NAME, or AGENT:NAME.
    key: KeyRef,
    /// A new file to write to; without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(command: Export, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut agents = context.agents(Vec::new()).await?;
    let hands = Hands::of(&mut agents, None).await?;
    let hand = hands.named(&command.key)?;
    let key = hand.key.public().map_err(Clone::clone)?;
    let pem = public::pem_of(hand, key);
    public::give(&pem, command.output.as_deref(), context)?;
    Ok(Exit::Done)
}
