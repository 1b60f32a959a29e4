use std::io::Write;

use privyseal_proto::v1::yubi_key::{ManagementKey, Tries};
use privyseal_proto::v1::{ChangePinRequest, ChangePukRequest, DeviceAccess, YubiKey};

use super::Setup;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::command::device::management_key;
use crate::command::secret;
use crate::command::yubikey::management_key::{factory_access, set};
use crate::command::yubikey::wanted::{Secret, Wanted};

/// The PIN of every YubiKey from the factory (Yubico, "PIV admin guide"). It is sent to one alone that
/// says that it still has it, so that no try is at stake.
const FACTORY_PIN: &str = "123456";

/// The PUK of every YubiKey from the factory.
const FACTORY_PUK: &str = "12345678";

/// A person, or a script, with one YubiKey before it.
pub(super) struct Sitting<'a> {
    pub(super) agent: &'a Agent,
    pub(super) command: &'a Setup,
    yubikey: &'a YubiKey,
    /// What was typed, so that it is typed once.
    pin: Option<Secret>,
}

impl<'a> Sitting<'a> {
    pub(super) fn new(agent: &'a Agent, command: &'a Setup, yubikey: &'a YubiKey) -> Self {
        Self {
            agent,
            command,
            yubikey,
            pin: None,
        }
    }

    /// Sets a PIN, where it is the factory's.
    pub(super) async fn set_pin(&mut self, context: &mut Context<'_>) -> anyhow::Result<()> {
        if let Some(state) = set_already(self.yubikey.pin) {
            return say("PIN", state, context);
        }
        let keystore = &self.command.keystore;
        let new = Wanted::new_pin(keystore, self.command.new_pin_file.as_deref());
        let new = new.new_one(None).await?;
        let request = ChangePinRequest {
            keystore: keystore.clone(),
            old_pin: FACTORY_PIN.to_owned(),
            new_pin: new.to_string(),
        };
        let reply = self.agent.yubikeys().change_pin(request).await;
        let record = reply.map_err(|status| self.agent.error(&status))?;
        self.pin = Some(new);
        say("PIN", &set_now(record.into_inner().record), context)
    }

    /// Sets a PUK, where it is the factory's.
    pub(super) async fn set_puk(&mut self, context: &mut Context<'_>) -> anyhow::Result<()> {
        if let Some(state) = set_already(self.yubikey.puk) {
            return say("PUK", state, context);
        }
        let keystore = &self.command.keystore;
        let new = Wanted::new_puk(keystore, self.command.new_puk_file.as_deref());
        let new = new.new_one(self.pin.as_ref().map(|pin| ("PIN", pin)));
        let request = ChangePukRequest {
            keystore: keystore.clone(),
            old_puk: FACTORY_PUK.to_owned(),
            new_puk: new.await?.to_string(),
        };
        let reply = self.agent.yubikeys().change_puk(request).await;
        let record = reply.map_err(|status| self.agent.error(&status))?;
        say("PUK", &set_now(record.into_inner().record), context)
    }

    /// Sets a random management key, where it is not kept on the device already.
    pub(super) async fn set_management_key(
        &mut self,
        context: &mut Context<'_>,
    ) -> anyhow::Result<()> {
        let what = "management key";
        let access = match &self.yubikey.management_key {
            Some(ManagementKey {
                factory: Some(true),
                ..
            }) => factory_access(),
            Some(ManagementKey {
                on_device: true, ..
            }) => return say(what, "kept on the YubiKey under the PIN already", context),
            _ => {
                let option = "--management-key-file";
                let key = match &self.command.management_key_file {
                    Some(file) => secret::in_file(file)?,
                    None => secret::typed("management key, in hex", option).await?,
                };
                management_key(key)?
            }
        };
        let record = set(self.agent, &self.command.keystore, access, String::new()).await?;
        let state = format!("random, kept on the YubiKey under the PIN (record {record})");
        say(what, &state, context)
    }

    /// What opens the device to its administrator from now on.
    pub(super) async fn access(&mut self) -> anyhow::Result<DeviceAccess> {
        let pin = match &self.pin {
            Some(pin) => pin,
            None => {
                // Where the sitting was interrupted, the PIN that was new is the present one.
                let files = (&self.command.pin_file, &self.command.new_pin_file);
                let file = files.0.as_deref().or(files.1.as_deref());
                let pin = Wanted::pin(&self.command.keystore, file).present().await?;
                self.pin.insert(pin)
            }
        };
        Ok(DeviceAccess {
            pin: pin.to_string(),
            ..DeviceAccess::default()
        })
    }
}

/// Why nothing is to be done about a PIN or PUK; none where it is the factory's.
fn set_already(tries: Option<Tries>) -> Option<&'static str> {
    match tries.and_then(|tries| tries.factory) {
        Some(true) => None,
        Some(false) => Some("set already"),
        None => Some("this firmware does not tell if it is from the factory; left as it is"),
    }
}

fn set_now(record: u64) -> String {
    format!("set (record {record})")
}

/// Says how it is with one of the steps.
pub(super) fn say(what: &str, state: &str, context: &mut Context<'_>) -> anyhow::Result<()> {
    Ok(writeln!(context.screen, "{what}: {state}")?)
}
