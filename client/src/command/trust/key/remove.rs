use std::io::Write;

use clap::Args;
use privyseal_proto::v1::RemoveKeyRequest;

use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::show::escape;
use crate::trust::hands::Hands;

#[derive(Args, Debug)]
#[command(after_help = "\
A key that has signed stays: what it signed may still be trusted, and the agent's memory of it keeps
anybody from signing a second content under an old version. So does one that a root or a delegation
lists, or that has a certificate: others may rely on it. Take it out of its role instead, with
`privyseal trust signer remove` or `privyseal trust rotate`: it is of no use then.

Examples:
  privyseal trust key remove alice
  privyseal trust key remove build:alice --yes")]
pub struct Remove {
    /// The key: NAME, or AGENT:NAME.
    key: KeyRef,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(command: Remove, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut agents = context.agents(Vec::new()).await?;
    let hand = Hands::of(&mut agents, None).await?;
    let hand = hand.named(&command.key)?.clone();
    let name = escape(&hand.name());
    if !command.yes {
        let (label, serial) = hand.token();
        let question = format!(
            "Destroy the {} key {name} for {} on token {} ({})? It can't be undone.",
            escape(&hand.held.key.role),
            escape(&hand.held.key.repository),
            escape(label),
            escape(serial)
        );
        context.confirm_in_full(&question, "nothing was removed")?;
    }
    let Some(agent) = agents.named_mut(&hand.held.agent) else {
        return Err(agents.unknown(&command.key));
    };
    let request = RemoveKeyRequest {
        name: hand.held.key.name.clone(),
        unused: true,
    };
    let reply = agent.keys().remove(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let record = reply.record;
    let heads: Vec<_> = reply.head.into_iter().collect();
    agent.prove(&heads).await?;
    writeln!(context.screen, "removed {name}, record {record}")?;
    Ok(Exit::Done)
}
