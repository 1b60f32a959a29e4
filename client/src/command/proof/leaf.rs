use privyseal_proto::v1::Attestation;
use privyseal_tuf::PublicKey;
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};

/// Yubico, "PIV attestation": the firmware, three bytes.
const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.3");

/// The device's serial number, an INTEGER.
const SERIAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.7");

/// The PIN policy and the touch policy, a byte each.
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.8");

/// What the certificate says that a YubiKey made for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) public_key: PublicKey,
    subject: String,
    serial: String,
    firmware: String,
    pin_policy: &'static str,
    touch_policy: &'static str,
}

impl Leaf {
    /// # Errors
    /// Where it is no attestation.
    pub(super) fn read(certificate: &Certificate) -> Result<Self, String> {
        let tbs = certificate.tbs_certificate();
        let spki = tbs.subject_public_key_info().to_der();
        let public_key = spki.map_err(|error| error.to_string())?;
        let public_key =
            PublicKey::from_spki_der(&public_key).map_err(|error| error.to_string())?;
        let said = |id: ObjectIdentifier, what: &str| {
            let mut extensions = tbs.extensions().into_iter().flatten();
            let found = extensions.find(|extension| extension.extn_id == id);
            let value = found.map(|extension| extension.extn_value.as_bytes());
            value.ok_or_else(|| format!("the attestation does not say the {what}"))
        };
        let serial = u64::from_der(said(SERIAL, "serial number")?);
        let serial = serial.map_err(|_| "the attestation's serial number is none".to_owned())?;
        let [major, minor, patch] = said(FIRMWARE, "firmware")? else {
            return Err("the attestation's firmware is none".to_owned());
        };
        let (pin_policy, touch_policy) = match said(POLICIES, "policies")? {
            [pin, touch] => (policy(*pin, PIN), policy(*touch, TOUCH)),
            _ => (None, None),
        };
        let unknown = || "the attestation's policies are none that are known here".to_owned();
        Ok(Self {
            public_key,
            subject: tbs.subject().to_string(),
            serial: serial.to_string(),
            firmware: format!("{major}.{minor}.{patch}"),
            pin_policy: pin_policy.ok_or_else(unknown)?,
            touch_policy: touch_policy.ok_or_else(unknown)?,
        })
    }

    /// Whether the agent tells the same of it.
    ///
    /// # Errors
    /// Where something differs.
    pub(super) fn says(&self, told: &Attestation) -> Result<(), String> {
        let pairs = [
            ("serial number", self.serial.as_str(), &told.serial),
            ("firmware", &self.firmware, &told.firmware),
            ("PIN policy", self.pin_policy, &told.pin_policy),
            ("touch policy", self.touch_policy, &told.touch_policy),
        ];
        for (what, said, told) in pairs {
            if said != told {
                return Err(format!(
                    "the attestation says {what} {said}, the agent {told}"
                ));
            }
        }
        let slot = format!("YubiKey PIV Attestation {}", told.slot);
        match self.subject.ends_with(&slot) {
            true => Ok(()),
            false => Err(format!(
                "the attestation is of {}, the agent says slot {}",
                self.subject, told.slot
            )),
        }
    }
}

const PIN: [&str; 3] = ["never", "once", "always"];
const TOUCH: [&str; 3] = ["never", "always", "cached"];

/// They are counted from one.
fn policy(byte: u8, names: [&'static str; 3]) -> Option<&'static str> {
    let at = usize::from(byte).checked_sub(1)?;
    names.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf() -> Leaf {
        Leaf {
            public_key: PublicKey::ed25519(&[7; 32]),
            subject: "CN=YubiKey PIV Attestation 9c".to_owned(),
            serial: "12345678".to_owned(),
            firmware: "5.7.1".to_owned(),
            pin_policy: "always",
            touch_policy: "cached",
        }
    }

    fn told() -> Attestation {
        Attestation {
            serial: "12345678".to_owned(),
            firmware: "5.7.1".to_owned(),
            slot: "9c".to_owned(),
            pin_policy: "always".to_owned(),
            touch_policy: "cached".to_owned(),
            ..Attestation::default()
        }
    }

    #[test]
    fn what_the_agent_makes_of_it_is_noticed() {
        leaf().says(&told()).unwrap();
        let lies: [fn(&mut Attestation); 5] = [
            |told| told.serial = "12345679".to_owned(),
            |told| told.firmware = "5.7.4".to_owned(),
            |told| told.slot = "9a".to_owned(),
            |told| told.pin_policy = "once".to_owned(),
            |told| told.touch_policy = "always".to_owned(),
        ];
        for lie in lies {
            let mut told = told();
            lie(&mut told);
            assert!(leaf().says(&told).is_err(), "{told:?}");
        }
    }

    #[test]
    fn policies_are_counted_from_one() {
        let names: Vec<_> = (0..5).map(|byte| policy(byte, TOUCH)).collect();
        let expected = [None, Some("never"), Some("always"), Some("cached"), None];
        assert_eq!(names, expected);
    }
}
