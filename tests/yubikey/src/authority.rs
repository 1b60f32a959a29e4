//! Who made the YubiKeys: a root whose key signs the attestation keys.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use x509_cert::name::Name;

use crate::{
    certificate::{self, Content},
    piv::{Algorithm, PrivateKey},
};

/// The subject of every attestation key's certificate.
const ATTESTATION_SUBJECT: &str = "Yubico PIV Attestation";

/// A maker of YubiKeys. Clones are the same maker; two new ones don't vouch for each other.
#[derive(Clone)]
pub struct Authority(Arc<Root>);

struct Root {
    name: Name,
    key: PrivateKey,
    certificate: Vec<u8>,
}

impl Authority {
    /// A maker with a root key of its own.
    pub fn new() -> Self {
        let key = PrivateKey::generate(Algorithm::Rsa2048);
        let info = key.public_key_info();
        let number = hex::encode(&Sha256::digest(info.subject_public_key.raw_bytes())[..4]);
        let name = certificate::common_name(&format!("Virtual PIV Root CA {number}"));
        let content = Content {
            subject: name.clone(),
            issuer: name.clone(),
            extensions: vec![certificate::authority()],
        };
        let certificate = certificate::issue(&key, content, info).expect("RSA signs certificates");
        Self(Arc::new(Root {
            name,
            key,
            certificate,
        }))
    }

    /// The root's certificate, DER.
    pub fn root_der(&self) -> &[u8] {
        &self.0.certificate
    }

    /// The root's certificate, PEM (RFC 7468), as openssl's -CAfile takes it.
    pub fn root_pem(&self) -> String {
        pem(&self.0.certificate)
    }

    /// A certificate for the attestation key of one YubiKey, DER.
    pub(crate) fn certify(&self, attestation_key: &PrivateKey) -> Vec<u8> {
        let content = Content {
            subject: certificate::common_name(ATTESTATION_SUBJECT),
            issuer: self.0.name.clone(),
            extensions: vec![certificate::authority_of_leaves()],
        };
        certificate::issue(&self.0.key, content, attestation_key.public_key_info())
            .expect("RSA signs certificates")
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn pem(der: &[u8]) -> String {
    pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der)
        .expect("a certificate can be written as PEM")
}
