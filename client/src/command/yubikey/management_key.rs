use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::{DeviceAccess, SetManagementKeyRequest};

use super::change::done;
use super::info::described;
use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::command::{device::AccessFiles, secret};
use crate::failure::Advice;

/// The management key of every YubiKey from the factory (Yubico, "PIV admin guide"). It has no tries
/// that could be used up, and is sent to one alone that says that it still has it.
const FACTORY: &str = "010203040506070801020304050607080102030405060708";

#[derive(Args, Debug)]
#[command(after_help = "\
The management key lets its holder make keys on the YubiKey and destroy them, but not use them. Without
--new-management-key-file it is a random one that the YubiKey keeps under its PIN, as ykman calls
\"protected\": nobody has to know it.

Examples:
  privyseal yubikey set-management-key root-a
  privyseal yubikey set-management-key root-a --pin-file pin
  privyseal yubikey set-management-key root-a --new-management-key-file key.hex")]
pub struct SetManagementKey {
    /// The keystore, as in the agent's config.
    keystore: String,
    #[command(flatten)]
    access: AccessFiles,
    /// Read the new one, in hex, from a file of mode 0600 or 0400; it is not kept on the YubiKey then.
    #[arg(long, value_name = "FILE")]
    new_management_key_file: Option<PathBuf>,
}

pub(super) async fn run(
    command: SetManagementKey,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let keystore = &command.keystore;
    let (new, what) = match &command.new_management_key_file {
        None => (
            String::new(),
            "there is a new management key, kept on the YubiKey under the PIN",
        ),
        Some(file) => {
            let new = secret::in_file(file)?;
            if new.is_empty() {
                let message = format!("{} is empty", file.display());
                return Err(Advice::failed(message, "nothing was changed").into());
            }
            (
                new.to_string(),
                "there is a new management key: keep it safe",
            )
        }
    };
    let factory = described(&agent, keystore).await?.management_key;
    let access = match factory.is_some_and(|key| key.factory == Some(true)) {
        true => factory_access(),
        false => command.access.open(&agent, keystore).await?,
    };
    let record = set(&agent, keystore, access, new).await?;
    done(what, keystore, record, context)
}

/// What opens a device that says that it still has the management key from the factory.
pub(super) fn factory_access() -> DeviceAccess {
    DeviceAccess {
        management_key: FACTORY.to_owned(),
        ..DeviceAccess::default()
    }
}

/// Sets it; an empty one is made and kept by the device. Returns the index of the record.
pub(super) async fn set(
    agent: &Agent,
    keystore: &str,
    access: DeviceAccess,
    new: String,
) -> anyhow::Result<u64> {
    let request = SetManagementKeyRequest {
        keystore: keystore.to_owned(),
        access: Some(access),
        new_management_key: new,
    };
    let reply = agent.yubikeys().set_management_key(request).await;
    Ok(reply
        .map_err(|status| agent.error(&status))?
        .into_inner()
        .record)
}
