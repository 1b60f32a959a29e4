//! Attestations as the wire has them.

use pem_rfc7468::LineEnding;
use privyseal_proto::v1::Attestation;
use x509_cert::{Certificate, der::Decode};

use crate::memory::{AttestedKey, EnrolledKey};

/// What is proved of a key.
pub(super) fn attestation(key: &EnrolledKey, attested: &AttestedKey) -> Attestation {
    let root = Certificate::from_der(&attested.root);
    let root_name = root.map(|root| root.tbs_certificate().subject().to_string());
    let algorithm = key.bound.public_key.algorithm();
    let weak = attested.firmware.weaknesses().iter();
    let weak = weak.filter(|weakness| weakness.concerns(algorithm));
    Attestation {
        chain: attested.certificates.iter().map(|der| pem(der)).collect(),
        root: pem(&attested.root),
        root_sha256: attested.root_fingerprint().to_string(),
        root_name: root_name.unwrap_or_default(),
        serial: attested.serial.to_string(),
        firmware: attested.firmware.to_string(),
        slot: attested.slot.to_string(),
        pin_policy: attested.policies.pin.to_string(),
        touch_policy: attested.policies.touch.to_string(),
        warnings: weak.map(ToString::to_string).collect(),
        authority: key.authority.clone(),
        repository: key.repository.clone(),
        first_root: key
            .first_root
            .map(|root| root.to_string())
            .unwrap_or_default(),
        keyid: key.keyid.to_string(),
        record: attested.record,
    }
}

/// A certificate as PEM (RFC 7468, section 5).
fn pem(der: &[u8]) -> String {
    pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, der).unwrap_or_default()
}
