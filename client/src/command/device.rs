//! What YubiKeys, and other PIV devices, want to be told: where a key goes, and what opens them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use privyseal_proto::v1::{
    DescribeYubiKeyRequest, DeviceAccess, GenerateKeyRequest, StatusRequest, YubiKey,
};
use zeroize::Zeroizing;

use super::secret;
use crate::agent::{Agent, NoPin, PIV, check_pin};
use crate::failure::Advice;
use crate::show::escape;

/// Where a key goes on a YubiKey, and when it asks for a person. Fixed when the key is made.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DevicePlace {
    /// On a YubiKey: the slot, 9a, 9c, 9d, 9e, or 82 to 95; without it, 9c.
    #[arg(long, value_name = "SLOT")]
    slot: Option<String>,
    /// On a YubiKey: when the key asks for the PIN; without it, for each signature.
    #[arg(long, value_enum, value_name = "POLICY")]
    pin_policy: Option<PinPolicy>,
    /// On a YubiKey: when the key asks for a touch; without it, for each signature.
    #[arg(long, value_enum, value_name = "POLICY")]
    touch_policy: Option<TouchPolicy>,
    /// On a YubiKey: take the slot even if a key is in it. That key is lost.
    #[arg(long)]
    replace: bool,
}

/// When a key asks for the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PinPolicy {
    /// It does not.
    Never,
    /// Once after the YubiKey is plugged in; whatever runs on the machine may sign from then on.
    Once,
    /// For each signature.
    Always,
}

/// When a key asks for a touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TouchPolicy {
    /// It does not.
    Never,
    /// For each signature.
    Always,
    /// For a signature more than 15 seconds after the last touch.
    Cached,
}

/// Files with what opens a YubiKey to its administrator.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct AccessFiles {
    /// Of a YubiKey that keeps its management key under the PIN: read the PIN from a file of mode 0600
    /// or 0400. Without it, it is asked for.
    #[arg(long, value_name = "FILE", conflicts_with = "management_key_file")]
    pin_file: Option<PathBuf>,
    /// Of a YubiKey: read the management key, in hex, from a file of mode 0600 or 0400.
    #[arg(long, value_name = "FILE")]
    management_key_file: Option<PathBuf>,
}

/// A value's name on the command line, which is the agent's word for it.
fn word(value: Option<impl ValueEnum>) -> String {
    let value = value.and_then(|value| value.to_possible_value());
    value.map_or(String::new(), |value| value.get_name().to_owned())
}

impl DevicePlace {
    /// Slot 9c, where none is given.
    fn slot(&self) -> String {
        self.slot.as_deref().unwrap_or("9c").to_ascii_lowercase()
    }
}

/// Completes a request for a key with what its keystore wants to know: nothing but of a YubiKey.
///
/// # Errors
/// Where something is given that only a YubiKey takes, or it can't be opened.
pub(super) async fn prepare(
    request: &mut GenerateKeyRequest,
    place: &DevicePlace,
    files: &AccessFiles,
    agent: &Agent,
) -> anyhow::Result<()> {
    if kind(agent, &request.keystore).await? != PIV {
        let files = files.pin_file.is_some() || files.management_key_file.is_some();
        if files || *place != DevicePlace::default() {
            let message = format!("keystore {} is no YubiKey", request.keystore);
            let remedy = "nothing was made; leave out the options that are for YubiKeys";
            return Err(Advice::failed(message, remedy).into());
        }
        return Ok(());
    }
    request.slot = place.slot();
    request.pin_policy = word(place.pin_policy);
    request.touch_policy = word(place.touch_policy);
    request.replace = place.replace;
    request.access = Some(files.open(agent, &request.keystore).await?);
    Ok(())
}

/// The kind of a keystore, such as "piv"; empty where the agent has none of this name, which it says
/// when it is asked for something.
pub(super) async fn kind(agent: &Agent, keystore: &str) -> anyhow::Result<String> {
    let reply = agent.admin().status(StatusRequest {}).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let mut keystores = reply.keystores.into_iter();
    let found = keystores.find(|found| found.name == keystore);
    Ok(found.map(|found| found.kind).unwrap_or_default())
}

impl AccessFiles {
    /// What opens a YubiKey to its administrator: out of the file, or typed by a person. Of one whose
    /// management key is the factory's nothing is asked: the agent's config says if that will do.
    ///
    /// # Errors
    /// Where a file is no secret, nothing is typed, or what is typed can't be it.
    pub(super) async fn open(&self, agent: &Agent, keystore: &str) -> anyhow::Result<DeviceAccess> {
        if let Some(path) = &self.management_key_file {
            return management_key(secret::in_file(path)?);
        }
        if let Some(path) = &self.pin_file {
            return pin(secret::in_file(path)?);
        }
        let request = DescribeYubiKeyRequest {
            keystore: keystore.to_owned(),
        };
        let reply = agent.yubikeys().describe(request).await;
        let yubikey = reply.map_err(|status| agent.error(&status))?.into_inner();
        match asked_of(&yubikey) {
            Asked::Nothing => Ok(DeviceAccess::default()),
            Asked::Pin => {
                let what = format!("PIN of YubiKey {}", yubikey.serial);
                pin(secret::typed(&what, "--pin-file").await?)
            }
            Asked::ManagementKey => {
                let what = format!("Management key of YubiKey {}", yubikey.serial);
                management_key(secret::typed(&what, "--management-key-file").await?)
            }
        }
    }
}

/// What a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    Pin,
    ManagementKey,
}

fn asked_of(yubikey: &YubiKey) -> Asked {
    match &yubikey.management_key {
        Some(key) if key.factory == Some(true) => Asked::Nothing,
        Some(key) if key.on_device => Asked::Pin,
        _ => Asked::ManagementKey,
    }
}

fn pin(mut pin: Zeroizing<String>) -> anyhow::Result<DeviceAccess> {
    check_pin(PIV, &pin).map_err(not_sent)?;
    Ok(DeviceAccess {
        pin: std::mem::take(&mut *pin),
        ..DeviceAccess::default()
    })
}

/// What can be no PIN is not sent.
pub(super) fn not_sent(why: NoPin) -> Advice {
    Advice::failed(
        escape(&why.to_string()),
        "nothing was sent or tried; give the same command again",
    )
}

pub(super) fn management_key(mut key: Zeroizing<String>) -> anyhow::Result<DeviceAccess> {
    let is_hex = key.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || !matches!(key.len(), 32 | 48 | 64) {
        return Err(Advice::failed(
            "this is no management key: one has 32 hex digits (AES-128), 48 (3DES, AES-192) or 64 (AES-256)",
            "nothing was sent or tried; give the same command again",
        )
        .into());
    }
    Ok(DeviceAccess {
        management_key: std::mem::take(&mut *key),
        ..DeviceAccess::default()
    })
}

#[cfg(test)]
mod tests {
    use privyseal_proto::v1::yubi_key::ManagementKey;

    use super::*;

    #[test]
    fn a_person_is_asked_for_what_opens_this_device() {
        let of = |factory, on_device| YubiKey {
            management_key: Some(ManagementKey {
                factory,
                on_device,
                ..ManagementKey::default()
            }),
            ..YubiKey::default()
        };
        assert_eq!(asked_of(&of(Some(true), false)), Asked::Nothing);
        assert_eq!(asked_of(&of(Some(false), true)), Asked::Pin);
        assert_eq!(asked_of(&of(None, true)), Asked::Pin);
        assert_eq!(asked_of(&of(None, false)), Asked::ManagementKey);
        assert_eq!(asked_of(&YubiKey::default()), Asked::ManagementKey);
    }

    #[test]
    fn what_can_not_be_right_is_not_sent() {
        let typed = |text: &str| Zeroizing::new(text.to_owned());
        assert_eq!(pin(typed("424242")).unwrap().pin, "424242");
        assert!(pin(typed("42")).is_err());
        let key = "ab".repeat(24);
        assert_eq!(management_key(typed(&key)).unwrap().management_key, key);
        for bad in ["", "ab", &"xy".repeat(24), &"ab".repeat(20)] {
            assert!(management_key(typed(bad)).is_err());
        }
    }

    #[test]
    fn policies_go_by_the_agents_words() {
        assert_eq!(word(Some(PinPolicy::Once)), "once");
        assert_eq!(word(Some(TouchPolicy::Cached)), "cached");
        assert_eq!(word(None::<PinPolicy>), "");
        assert_eq!(DevicePlace::default().slot(), "9c");
    }
}
