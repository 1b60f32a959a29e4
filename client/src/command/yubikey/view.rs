//! A YubiKey as it is printed.

use std::io::{self, Write};

use privyseal_proto::v1::{YubiKey, yubi_key};
use serde::Serialize;

use crate::show::{escape, print_fields, print_table};

#[derive(Clone, Debug, Serialize)]
pub(super) struct YubiKeyView {
    keystore: String,
    serial: String,
    firmware: String,
    reader: String,
    pin: TriesView,
    puk: TriesView,
    management_key: ManagementKeyView,
    slots: Vec<SlotView>,
    warnings: Vec<String>,
}

/// Null is what the firmware does not tell.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct TriesView {
    left: Option<u32>,
    total: Option<u32>,
    factory: Option<bool>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct ManagementKeyView {
    algorithm: String,
    factory: Option<bool>,
    on_device: bool,
    touch: bool,
}

#[derive(Clone, Debug, Serialize)]
struct SlotView {
    slot: String,
    algorithm: Option<String>,
    pin_policy: Option<String>,
    touch_policy: Option<String>,
    generated: Option<bool>,
    public_key: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl YubiKeyView {
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        print_fields(
            out,
            &[
                ("keystore", escape(&self.keystore)),
                ("YubiKey", escape(&self.serial)),
                ("firmware", escape(&self.firmware)),
                ("reader", escape(&self.reader)),
                ("PIN", self.pin.to_string()),
                ("PUK", self.puk.to_string()),
                ("management key", self.management_key.to_string()),
            ],
        )?;
        if self.slots.is_empty() {
            writeln!(out, "no slot has a key")?;
        } else {
            let header = [
                "slot",
                "algorithm",
                "PIN",
                "touch",
                "made",
                "key",
                "certificate",
            ];
            print_table(out, &header, self.slots.iter().map(SlotView::row))?;
        }
        self.print_warnings(out)
    }

    pub(super) fn print_warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut warnings = self.warnings.iter();
        warnings.try_for_each(|warning| writeln!(out, "warning: {}", escape(warning)))
    }
}

impl std::fmt::Display for TriesView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origin = match self.factory {
            Some(true) => ", from the factory",
            Some(false) => ", set",
            None => "",
        };
        match (self.left, self.total) {
            (Some(0), _) => write!(f, "BLOCKED{origin}"),
            (Some(left), Some(total)) => write!(f, "{left} of {total} tries left{origin}"),
            (Some(left), None) => write!(f, "{left} tries left{origin}"),
            (None, _) => f.write_str("this firmware does not tell"),
        }
    }
}

impl std::fmt::Display for ManagementKeyView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&escape(&self.algorithm))?;
        f.write_str(match (self.on_device, self.factory) {
            (_, Some(true)) => ", from the factory",
            (true, _) => ", kept on the device under the PIN",
            (false, Some(false)) => ", kept elsewhere",
            (false, None) => ", whether it is from the factory this firmware does not tell",
        })?;
        match self.touch {
            true => f.write_str(", asks for a touch"),
            false => Ok(()),
        }
    }
}

impl SlotView {
    fn row(&self) -> Vec<String> {
        let or_none = |text: &Option<String>| escape(text.as_deref().unwrap_or("-"));
        let made = match self.generated {
            Some(true) => "on the device",
            Some(false) => "elsewhere",
            None => "-",
        };
        let certificate = match self.certificate {
            Some(_) => "yes",
            None => "-",
        };
        vec![
            escape(&self.slot),
            or_none(&self.algorithm),
            or_none(&self.pin_policy),
            or_none(&self.touch_policy),
            made.to_owned(),
            or_none(&self.key),
            certificate.to_owned(),
        ]
    }
}

impl From<YubiKey> for YubiKeyView {
    fn from(yubikey: YubiKey) -> Self {
        Self {
            keystore: yubikey.keystore,
            serial: yubikey.serial,
            firmware: yubikey.firmware,
            reader: yubikey.reader,
            pin: yubikey.pin.map(TriesView::from).unwrap_or_default(),
            puk: yubikey.puk.map(TriesView::from).unwrap_or_default(),
            management_key: yubikey
                .management_key
                .map(ManagementKeyView::from)
                .unwrap_or_default(),
            slots: yubikey.slots.into_iter().map(SlotView::from).collect(),
            warnings: yubikey.warnings,
        }
    }
}

impl From<yubi_key::Tries> for TriesView {
    fn from(tries: yubi_key::Tries) -> Self {
        Self {
            left: tries.left,
            total: tries.total,
            factory: tries.factory,
        }
    }
}

impl From<yubi_key::ManagementKey> for ManagementKeyView {
    fn from(key: yubi_key::ManagementKey) -> Self {
        Self {
            algorithm: key.algorithm,
            factory: key.factory,
            on_device: key.on_device,
            touch: key.touch,
        }
    }
}

impl From<yubi_key::Slot> for SlotView {
    fn from(slot: yubi_key::Slot) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            slot: slot.slot,
            algorithm: some(slot.algorithm),
            pin_policy: some(slot.pin_policy),
            touch_policy: some(slot.touch_policy),
            generated: slot.generated,
            public_key: some(slot.public_key),
            certificate: some(slot.certificate),
            key: some(slot.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(yubikey: YubiKey) -> String {
        let mut out = Vec::new();
        YubiKeyView::from(yubikey).print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn tries(left: u32, factory: bool) -> Option<yubi_key::Tries> {
        Some(yubi_key::Tries {
            left: Some(left),
            total: Some(3),
            factory: Some(factory),
        })
    }

    #[test]
    fn a_device_is_shown_with_its_slots_and_warnings() {
        let shown = text(YubiKey {
            keystore: "root-a".to_owned(),
            serial: "12345678".to_owned(),
            pin: tries(2, false),
            puk: tries(0, true),
            management_key: Some(yubi_key::ManagementKey {
                algorithm: "AES-192".to_owned(),
                factory: Some(false),
                on_device: true,
                touch: false,
            }),
            slots: vec![yubi_key::Slot {
                slot: "9c".to_owned(),
                algorithm: "ecdsa-p256".to_owned(),
                pin_policy: "always".to_owned(),
                touch_policy: "always".to_owned(),
                generated: Some(true),
                key: "root-1".to_owned(),
                ..yubi_key::Slot::default()
            }],
            warnings: vec!["EUCLEAK\u{1b}[2J".to_owned()],
            ..YubiKey::default()
        });
        for line in [
            "PIN             2 of 3 tries left, set",
            "PUK             BLOCKED, from the factory",
            "management key  AES-192, kept on the device under the PIN",
            "warning: EUCLEAK\\u{1b}[2J",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
        }
        let slot: Vec<&str> = shown
            .lines()
            .find(|line| line.starts_with("9c"))
            .unwrap()
            .split_whitespace()
            .collect();
        assert_eq!(
            slot.join(" "),
            "9c ecdsa-p256 always always on the device root-1 -"
        );
    }

    #[test]
    fn what_old_firmware_does_not_tell_is_not_made_up() {
        let shown = text(YubiKey {
            pin: Some(yubi_key::Tries::default()),
            management_key: Some(yubi_key::ManagementKey::default()),
            ..YubiKey::default()
        });
        assert!(
            shown.contains("PIN             this firmware does not tell"),
            "{shown}"
        );
        assert!(shown.contains("no slot has a key"), "{shown}");
    }
}
