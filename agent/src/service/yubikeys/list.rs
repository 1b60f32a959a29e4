//! The YubiKeys that are there.

use std::{thread, time::Duration};

use futures_util::future::join_all;
use privyseal_proto::v1::ConnectedYubiKey;
use tokio::sync::{Semaphore, oneshot};

use crate::{
    config::{Config, KeystoreSection},
    keystore::{
        attestation::Firmware,
        piv::{Connected, Identity, connected},
    },
};

/// How long one may take to say which it is: longer than it waits for a touch.
const PATIENCE: Duration = Duration::from_secs(20);

/// A look that another program holds up can't be ended. As many may be under way.
static LOOKS: Semaphore = Semaphore::const_new(16);

/// What is plugged in; where pcscd does not answer, the one problem.
pub(super) async fn plugged_in(config: &Config) -> Vec<ConnectedYubiKey> {
    let found = in_thread(connected)
        .await
        .and_then(|found| found.map_err(|e| e.to_string()));
    match found {
        Ok(found) => join_all(found.into_iter().map(|one| look(config, one))).await,
        Err(problem) => vec![ConnectedYubiKey {
            problem,
            ..ConnectedYubiKey::default()
        }],
    }
}

async fn look(config: &Config, yubikey: Connected) -> ConnectedYubiKey {
    let reader = yubikey.reader();
    let identity = in_thread(move || yubikey.identify()).await;
    match identity.and_then(|identity| identity.map_err(|error| error.to_string())) {
        Ok(Identity { serial, firmware }) => ConnectedYubiKey {
            serial: serial.to_string(),
            firmware: firmware.to_string(),
            reader,
            keystore: keystore(config, serial).unwrap_or_default(),
            warnings: warnings(firmware),
            problem: String::new(),
        },
        Err(problem) => ConnectedYubiKey {
            reader,
            problem,
            ..ConnectedYubiKey::default()
        },
    }
}

fn warnings(firmware: Firmware) -> Vec<String> {
    firmware
        .weaknesses()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The keystore that is this device.
fn keystore(config: &Config, serial: u32) -> Option<String> {
    let mut keystores = config.keystores.iter();
    keystores.find_map(|section| match section {
        KeystoreSection::Piv(settings) if settings.serial == serial => {
            Some(settings.name.to_string())
        }
        _ => None,
    })
}

/// Has something done that may never end, in a thread that nobody waits for at the agent's end.
async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let held = "another program holds it: for GnuPG `gpgconf --kill scdaemon`, else look for ykman, \
                yubikey-agent or a browser";
    let Ok(place) = LOOKS.try_acquire() else {
        return Err(held.to_owned());
    };
    let (tell, done) = oneshot::channel();
    let spawned = thread::Builder::new()
        .name("yubikeys".to_owned())
        .spawn(move || {
            let _place = place;
            // Nobody may wait for it any more.
            let _ = tell.send(work());
        });
    spawned.map_err(|error| error.to_string())?;
    match tokio::time::timeout(PATIENCE, done).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err("it could not be asked".to_owned()),
        Err(_) => Err(held.to_owned()),
    }
}
