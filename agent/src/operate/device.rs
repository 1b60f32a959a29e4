//! Setting PIV devices up. Each change is recorded before the device is asked: it may cost a try of a
//! PIN or PUK, and a ledger that takes no record must leave the device as it is.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{DeviceChanged, record::Event};
use secrecy::SecretString;

use crate::{
    caller::Caller,
    corridor::{Finish, House},
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{Access, Device, Keystore, KeystoreError, NewManagementKey, Operator, Slot},
};

/// What is to be changed about a device.
#[derive(Debug)]
pub enum DeviceChange {
    /// Another PIN.
    Pin {
        /// The present one.
        old: SecretString,
        /// The one from now on.
        new: SecretString,
    },
    /// Another PUK.
    Puk {
        /// The present one.
        old: SecretString,
        /// The one from now on.
        new: SecretString,
    },
    /// Another PIN, by the PUK.
    Unblock {
        /// The PUK.
        puk: SecretString,
        /// The PIN from now on.
        new: SecretString,
    },
    /// Another management key.
    ManagementKey {
        /// What opens the device now.
        access: Access,
        /// The one from now on.
        new: NewManagementKey,
    },
    /// A certificate beside the key of a slot.
    Certificate {
        /// What opens the device.
        access: Access,
        /// The slot.
        slot: Slot,
        /// DER.
        certificate: Vec<u8>,
    },
}

impl DeviceChange {
    /// What the ledger calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::Pin { .. } => "change-pin",
            Self::Puk { .. } => "change-puk",
            Self::Unblock { .. } => "unblock-pin",
            Self::ManagementKey { .. } => "set-management-key",
            Self::Certificate { .. } => "import-certificate",
        }
    }

    fn slot(&self) -> Option<Slot> {
        match self {
            Self::Certificate { slot, .. } => Some(*slot),
            _ => None,
        }
    }

    async fn make(self, device: &dyn Device, operator: Operator) -> Result<(), KeystoreError> {
        match self {
            Self::Pin { old, new } => device.change_pin(old, new, operator).await,
            Self::Puk { old, new } => device.change_puk(old, new).await,
            Self::Unblock { puk, new } => device.unblock_pin(puk, new).await,
            Self::ManagementKey { access, new } => {
                device.set_management_key(access.by(operator), new).await
            }
            Self::Certificate {
                access,
                slot,
                certificate,
            } => {
                let access = access.by(operator);
                device.import_certificate(access, slot, certificate).await
            }
        }
    }
}

/// Records the change, then makes it. Returns the index of the record.
///
/// # Errors
/// Where the keystore is no PIV device, the ledger takes no record (then nothing was asked), or the
/// device refuses (then the record stands for the attempt).
pub async fn change_device(
    house: &House,
    operator: &Caller,
    keystore: &str,
    change: DeviceChange,
) -> Result<u64, Stop> {
    let keystore = Arc::clone(piv_keystore(house, keystore)?);
    let changed = DeviceChanged {
        operator: Some(operator.to_record()),
        keystore: keystore.name().to_string(),
        change: change.name().to_owned(),
        slot: change
            .slot()
            .map(|slot| slot.to_string())
            .unwrap_or_default(),
    };
    let (ledger, operator) = (house.ledger.clone(), operator.to_record());
    // A caller that goes away now must not leave a record of what nobody did.
    Finish::new(async move {
        let device = keystore.device().ok_or_else(|| no_device(&*keystore))?;
        let appended = ledger.append(Event::DeviceChanged(changed), None).await?;
        change.make(device, operator).await?;
        Ok(appended.index)
    })
    .await
}

/// The keystore of this name, which is a PIV device.
///
/// # Errors
/// Where there is none, or it is of another kind.
pub fn piv_keystore<'a>(house: &'a House, name: &str) -> Result<&'a Arc<dyn Keystore>, Denial> {
    let holder = name
        .parse()
        .ok()
        .and_then(|name| house.keystores.of(&name))
        .ok_or_else(|| {
            let message = format!("the config has no keystore `{}`", name.escape_debug());
            Denial::new(Reason::UnknownKeystore, message)
        })?;
    match holder.keystore.device() {
        Some(_) => Ok(&holder.keystore),
        None => Err(no_device(&*holder.keystore)),
    }
}

fn no_device(keystore: &dyn Keystore) -> Denial {
    let message = format!(
        "keystore {} is of kind `{}`, and only one of kind `piv` is set up here",
        keystore.name(),
        keystore.kind()
    );
    let remedy = "use the tools of the token's maker; `privyseal yubikey list` shows the YubiKeys";
    Denial::new(Reason::UnknownKeystore, message).with_remedy(remedy)
}
