//! What a YubiKey states in an attestation: its subject, and extensions under 1.3.6.1.4.1.41482.3
//! ("PIV Attestation OID Arc", docs.yubico.com). Each holds raw bytes and not DER, but for the
//! serial number.

use x509_cert::der::{Decode, asn1::ObjectIdentifier, asn1::UintRef};

use super::{AttestationError, certificate::Certificate, firmware::Firmware};
use crate::keystore::{PinPolicy, Policies, Slot, TouchPolicy};

const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.3");
const SERIAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.7");
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.8");
const FORM_FACTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.9");
const FIPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.10");
const CSPN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.11");

/// What stands before the slot in the subject.
const SUBJECT: &str = "CN=YubiKey PIV Attestation ";

/// The extensions of a leaf.
pub(super) struct Statement {
    pub(super) firmware: Firmware,
    pub(super) serial: u32,
    pub(super) policies: Policies,
    /// YubiKeys 4 leave it out.
    pub(super) form_factor: Option<u8>,
}

/// The slot, which stands in the subject alone: "YubiKey PIV Attestation 9c".
pub(super) fn slot(leaf: &Certificate) -> Result<Slot, AttestationError> {
    let name = leaf.name();
    let slot = name.strip_prefix(SUBJECT).and_then(|text| {
        let slot: Slot = text.parse().ok()?;
        (slot.to_string() == text).then_some(slot)
    });
    slot.ok_or(AttestationError::NoAttestation { name })
}

/// Reads what the leaf states.
pub(super) fn read(leaf: &Certificate) -> Result<Statement, AttestationError> {
    let [major, minor, patch] = bytes(leaf, "the firmware's version", FIRMWARE)?;
    let serial = value(leaf, "the serial number", SERIAL)?;
    let form_factor = match leaf.extension(FORM_FACTOR) {
        None => None,
        Some(_) => {
            let [byte] = bytes(leaf, "the form factor", FORM_FACTOR)?;
            Some(byte)
        }
    };
    Ok(Statement {
        firmware: Firmware::new(major, minor, patch),
        serial: number(serial)?,
        policies: policies(bytes(leaf, "the policies", POLICIES)?)?,
        form_factor,
    })
}

/// Does a certificate say that its device is of the FIPS series? Devices of that series have this in
/// F9's certificate; what the value counts is not published, so that it is there must do.
pub(super) fn is_fips(certificate: &Certificate) -> bool {
    certificate.extension(FIPS).is_some()
}

/// Does a certificate say that its device is of the CSPN series?
pub(super) fn is_cspn(certificate: &Certificate) -> bool {
    certificate.extension(CSPN).is_some()
}

/// A DER INTEGER that is above zero and has 32 bits at most.
fn number(value: &[u8]) -> Result<u32, AttestationError> {
    let read = UintRef::from_der(value).ok().and_then(|number| {
        let bytes = number.as_bytes();
        let fold = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        (bytes.len() <= 4).then(|| bytes.iter().fold(0, fold))
    });
    let read = read.filter(|number| *number > 0);
    read.ok_or_else(|| bad("the serial number", value))
}

/// PIN policy and touch policy. The policies of a Bio, 4 and 5, ask for a finger: no device of ours
/// has them.
fn policies([pin, touch]: [u8; 2]) -> Result<Policies, AttestationError> {
    let both = PinPolicy::from_tag(pin).zip(TouchPolicy::from_tag(touch));
    let both = both.map(|(pin, touch)| Policies { pin, touch });
    both.ok_or_else(|| bad("the policies", &[pin, touch]))
}

fn bytes<const N: usize>(
    leaf: &Certificate,
    what: &'static str,
    oid: ObjectIdentifier,
) -> Result<[u8; N], AttestationError> {
    let value = value(leaf, what, oid)?;
    value.try_into().map_err(|_| bad(what, value))
}

fn value<'a>(
    leaf: &'a Certificate,
    what: &'static str,
    oid: ObjectIdentifier,
) -> Result<&'a [u8], AttestationError> {
    let found = leaf.extension(oid);
    found.ok_or_else(|| AttestationError::Missing {
        what,
        oid: oid.to_string(),
    })
}

fn bad(what: &'static str, value: &[u8]) -> AttestationError {
    AttestationError::Extension {
        what: what.to_owned(),
        why: format!("no YubiKey writes {}", hex::encode(value)),
    }
}
