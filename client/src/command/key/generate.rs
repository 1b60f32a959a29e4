use std::io::Write;

use clap::Args;
use privyseal_proto::v1::GenerateKeyRequest;
use privyseal_tuf::Algorithm;

use super::Belonging;
use super::view::KeyView;
use crate::Exit;
use crate::command::context::Context;
use crate::command::device::{self, AccessFiles, DevicePlace};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal key generate root-1 --keystore hsm --authority production --repository example.org/packages
  privyseal key generate root-a --keystore yubikey-a --slot 9c --authority production --repository example.org/packages
  privyseal key generate ts --keystore hsm --algorithm ed25519 --authority production --repository example.org/packages --agent online
  privyseal key generate root-a --keystore safe --role root --authority images --repository 'registry.example.org/**'
  privyseal key generate alice --keystore hsm --role delegation --authority images --repository registry.example.org/app")]
pub struct Generate {
    /// The key's name. It is never used again for another key.
    name: String,
    /// The keystore, as in the agent's config.
    #[arg(long, short, value_name = "KEYSTORE")]
    keystore: String,
    /// ecdsa-p256, ed25519, rsa-pss-2048, rsa-pss-3072 or rsa-pss-4096; for images also ecdsa-p384, and
    /// not ed25519 for root.
    #[arg(long, default_value = "ecdsa-p256", value_name = "ALGORITHM")]
    algorithm: Algorithm,
    #[command(flatten)]
    belonging: Belonging,
    #[command(flatten)]
    place: DevicePlace,
    #[command(flatten)]
    access: AccessFiles,
    /// Print the key as JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::command) async fn run(
    command: Generate,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let mut request = GenerateKeyRequest {
        keystore: command.keystore,
        name: command.name,
        algorithm: command.algorithm.to_string(),
        purpose: command.belonging.purpose(),
        role: command.belonging.role(),
        authority: command.belonging.authority,
        repository: command.belonging.repository,
        first_root: command.belonging.first_root,
        ..GenerateKeyRequest::default()
    };
    device::prepare(&mut request, &command.place, &command.access, &agent).await?;
    let reply = agent.keys().generate(request).await;
    let key = reply.map_err(|status| agent.error(&status))?.into_inner();
    let view = KeyView::new(agent.name(), key);
    if command.json {
        context.screen.json(&view)?;
    } else {
        writeln!(context.screen, "generated on token {}:", view.token())?;
        view.print(context.screen)?;
    }
    Ok(Exit::Done)
}
