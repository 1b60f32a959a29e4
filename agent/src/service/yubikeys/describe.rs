//! A device in full.

use pem_rfc7468::LineEnding;
use privyseal_proto::v1::{YubiKey, yubi_key};

use crate::keystore::{DeviceInfo, Keystore, KeystoreError, ManagementKey, SlotInfo, Tries};

/// Asks a device to describe itself; one that is none is not there.
pub(super) async fn described(keystore: &dyn Keystore) -> Result<YubiKey, KeystoreError> {
    let device = keystore.device().ok_or_else(|| KeystoreError::Absent {
        keystore: keystore.name().clone(),
        what: "it is no PIV device".to_owned(),
    })?;
    let info = device.info().await?;
    let slots = info.slots.iter().map(|slot| wire_slot(keystore, slot));
    Ok(YubiKey {
        keystore: keystore.name().to_string(),
        serial: info.serial.to_string(),
        firmware: info.firmware.to_string(),
        reader: info.reader.clone(),
        warnings: warnings(&info),
        pin: Some(tries(info.pin)),
        puk: Some(tries(info.puk)),
        slots: slots.collect(),
        management_key: Some(yubi_key::ManagementKey {
            algorithm: info.management_key.algorithm,
            factory: info.management_key.factory,
            on_device: info.management_key.on_device,
            touch: info.management_key.touch,
        }),
    })
}

/// What a person should know before they rely on it.
fn warnings(info: &DeviceInfo) -> Vec<String> {
    let ManagementKey { factory, touch, .. } = info.management_key;
    let known = [
        ("PIN", info.pin.factory),
        ("PUK", info.puk.factory),
        ("management key", factory),
    ];
    let known = known
        .into_iter()
        .filter(|(_, factory)| *factory == Some(true));
    let known = known.map(|(what, _)| {
        format!("the {what} is still the one from the factory, which everybody knows")
    });
    let few = [("PIN", info.pin), ("PUK", info.puk)];
    let few = few
        .into_iter()
        .filter_map(|(what, tries)| match tries.left? {
            0 => Some(format!("the {what} is blocked")),
            1 => Some(format!(
                "the {what} has one try left, which is never used up here"
            )),
            _ => None,
        });
    let touch = touch.then(|| {
        "the management key asks for a touch, and nobody is told when to give it".to_owned()
    });
    let weak = info.firmware.weaknesses().iter().map(ToString::to_string);
    weak.chain(known).chain(few).chain(touch).collect()
}

fn tries(tries: Tries) -> yubi_key::Tries {
    yubi_key::Tries {
        left: tries.left.map(u32::from),
        total: tries.total.map(u32::from),
        factory: tries.factory,
    }
}

fn wire_slot(keystore: &dyn Keystore, slot: &SlotInfo) -> yubi_key::Slot {
    let policies = slot.policies;
    let public_key = slot.public_key.as_ref();
    let certificate = slot.certificate.as_deref();
    let certificate = certificate.map(|der| {
        pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, der).unwrap_or_default()
    });
    yubi_key::Slot {
        slot: slot.slot.to_string(),
        algorithm: slot.algorithm.clone(),
        pin_policy: policies.map(|of| of.pin.to_string()).unwrap_or_default(),
        touch_policy: policies.map(|of| of.touch.to_string()).unwrap_or_default(),
        generated: slot.generated,
        public_key: public_key.map(|key| key.to_spki_pem()).unwrap_or_default(),
        certificate: certificate.unwrap_or_default(),
        key: name(keystore, slot).unwrap_or_default(),
    }
}

/// The name of the very key that is in a slot, where the agent knows it.
fn name(keystore: &dyn Keystore, slot: &SlotInfo) -> Option<String> {
    let (object_id, public_key) = (slot.slot.object_id(), slot.public_key.as_ref()?);
    let keys = keystore.keys().into_iter().map(|described| described.key);
    let mut same = keys.filter(|key| key.object_id == object_id && key.public_key == *public_key);
    same.next().map(|key| key.name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(firmware: &str, pin: Tries, factory: bool) -> DeviceInfo {
        DeviceInfo {
            serial: "12345678".parse().unwrap(),
            firmware: firmware.parse().unwrap(),
            reader: "Yubico YubiKey 00".to_owned(),
            pin,
            puk: Tries {
                left: Some(3),
                total: Some(3),
                factory: Some(factory),
            },
            management_key: ManagementKey {
                algorithm: "AES-192".to_owned(),
                factory: Some(factory),
                on_device: false,
                touch: false,
            },
            slots: Vec::new(),
        }
    }

    #[test]
    fn a_new_device_is_warned_of_and_one_that_was_set_up_is_not() {
        let pin = |left, factory| Tries {
            left: Some(left),
            total: Some(3),
            factory: Some(factory),
        };
        let said = warnings(&info("5.4.3", pin(3, true), true)).join("\n");
        for what in [
            "EUCLEAK",
            "the PIN is still",
            "the PUK is still",
            "the management key is",
        ] {
            assert!(said.contains(what), "{what}: {said}");
        }
        assert!(warnings(&info("5.7.1", pin(3, false), false)).is_empty());
        assert_eq!(
            warnings(&info("5.7.1", pin(0, false), false)),
            ["the PIN is blocked"]
        );
        let said = warnings(&info("5.7.1", pin(1, false), false)).join("\n");
        assert!(said.contains("one try left"), "{said}");
        // Old firmware tells nothing, and nothing is guessed.
        assert!(warnings(&info("5.2.7", Tries::default(), false))[0].contains("EUCLEAK"));
    }
}
