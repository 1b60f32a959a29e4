use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::GenerateKeyRequest;
use privyseal_tuf::{Algorithm, PublicKey};

use super::public;
use super::token::{KeyRole, Place, check_signer};
use crate::Exit;
use crate::agent::TRUST;
use crate::command::context::Context;
use crate::command::device::{self, AccessFiles, DevicePlace};
use crate::failure::Advice;
use crate::show::escape;

#[derive(Args, Debug)]
#[command(after_help = "\
Made by an operator of the agent. A signer's key may be for many repositories, where the agent's
config lists its name under shared_keys; then the owner of each adds it: privyseal trust signer add.

Examples:
  privyseal trust key generate alice
  privyseal trust key generate alice --dir keys --repository 'reg.example.com/team/*'
  privyseal trust key generate app-targets --role targets --repository reg.example.com/team/app
  privyseal trust key generate root-y --role root --keystore yubikey-a --touch-policy always
  privyseal trust key generate root-1 --role root --algorithm ecdsa-p384 --keystore safe")]
pub struct Generate {
    /// The key's name; of a delegation key the signer's. It is never used again for another key.
    name: String,
    /// Where NAME.pub is written.
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    dir: PathBuf,
    /// What the key signs.
    #[arg(
        long,
        short,
        value_enum,
        default_value = "delegation",
        value_name = "ROLE"
    )]
    role: KeyRole,
    /// The repository that it is for, or of root and delegation keys a glob; without it, all.
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// ecdsa-p256, ecdsa-p384, ed25519 (not for root), rsa-pss-2048, rsa-pss-3072 or rsa-pss-4096.
    #[arg(long, default_value = "ecdsa-p256", value_name = "ALGORITHM")]
    algorithm: Algorithm,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    on_device: DevicePlace,
    #[command(flatten)]
    access: AccessFiles,
}

pub(super) async fn run(command: Generate, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let is_signer = command.role == KeyRole::Delegation;
    let file = command.dir.join(format!("{}.pub", command.name));
    if is_signer {
        check_signer(&command.name)?;
        public::refuse_existing(&file)?;
        if !command.dir.is_dir() {
            let message = format!("{} is no directory", command.dir.display());
            return Err(Advice::failed(message, "nothing was made; give --dir another").into());
        }
    }
    let repository = command.role.repository(command.repository)?;
    let agent = context.agent().await?;
    let authority = command.place.authority(&agent).await?;
    let mut request = GenerateKeyRequest {
        keystore: command.place.keystore(&agent).await?,
        name: command.name,
        algorithm: command.algorithm.to_string(),
        purpose: TRUST.to_owned(),
        authority,
        repository,
        role: command.role.as_str().to_owned(),
        ..GenerateKeyRequest::default()
    };
    device::prepare(&mut request, &command.on_device, &command.access, &agent).await?;
    let reply = agent.keys().generate(request).await;
    let key = reply.map_err(|status| agent.error(&status))?.into_inner();
    let read = PublicKey::from_spki_pem(&key.public_key);
    let read = read.map_err(|error| agent.wrong_answer(error.to_string()))?;
    writeln!(
        context.screen,
        "generated {} on token {} ({}): {} {}, for {}",
        escape(&key.name),
        escape(&key.token_label),
        escape(&key.token_serial),
        escape(&key.role),
        escape(&key.keyid),
        escape(&key.repository),
    )?;
    if is_signer {
        public::write_new(&file, &public::with_role(&read, &key.name))?;
        writeln!(context.screen, "its public key is in {}", file.display())?;
    }
    Ok(Exit::Done)
}
