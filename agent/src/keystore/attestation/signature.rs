//! Signatures of certificates, verified with ring.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, der::asn1::ObjectIdentifier};

/// rsaEncryption (RFC 3279, section 2.3.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// sha256WithRSAEncryption (RFC 4055, section 5).
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// sha384WithRSAEncryption (RFC 4055, section 5).
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
/// sha512WithRSAEncryption (RFC 4055, section 5).
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
/// id-ecPublicKey (RFC 5480, section 2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1, which is P-256 (RFC 5480, section 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// secp384r1, which is P-384 (RFC 5480, section 2.1.1.1).
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// ecdsa-with-SHA256 (RFC 5758, section 3.2).
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// ecdsa-with-SHA384 (RFC 5758, section 3.2).
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// How a key signs a certificate.
pub(super) struct Scheme(&'static dyn VerificationAlgorithm);

/// What verifies a signature of this algorithm by this key; none where the two don't go together or
/// are not taken. A YubiKey signs attestations with SHA-256, whichever key is in F9; the others are
/// for CAs above it.
///
/// Yubico says that OpenSSL does not take the attestations of YubiKeys 4 since its version 1.1.0. ring
/// is as strict, and no laxer reading is kept for them here.
pub(super) fn scheme(
    issuer: &SubjectPublicKeyInfo,
    algorithm: &AlgorithmIdentifier,
) -> Option<Scheme> {
    let key = match (issuer.algorithm.oid, &issuer.algorithm.parameters) {
        (RSA, _) => RSA,
        (EC, Some(curve)) => curve.decode_as().ok()?,
        _ => return None,
    };
    // NULL and nothing mean the same for RSA (RFC 4055, section 5); Yubico's "PIV Attestation B2 1"
    // is signed with nothing. ECDSA has none (RFC 5758, section 3.2).
    let parameters = match &algorithm.parameters {
        None => true,
        Some(parameters) => key == RSA && parameters.is_null(),
    };
    let found: &'static dyn VerificationAlgorithm = match (key, algorithm.oid) {
        (RSA, RSA_SHA256) => &RSA_PKCS1_2048_8192_SHA256,
        (RSA, RSA_SHA384) => &RSA_PKCS1_2048_8192_SHA384,
        (RSA, RSA_SHA512) => &RSA_PKCS1_2048_8192_SHA512,
        (P256, ECDSA_SHA256) => &ECDSA_P256_SHA256_ASN1,
        (P256, ECDSA_SHA384) => &ECDSA_P256_SHA384_ASN1,
        (P384, ECDSA_SHA256) => &ECDSA_P384_SHA256_ASN1,
        (P384, ECDSA_SHA384) => &ECDSA_P384_SHA384_ASN1,
        _ => return None,
    };
    parameters.then_some(Scheme(found))
}

impl Scheme {
    pub(super) fn verifies(
        &self,
        issuer: &SubjectPublicKeyInfo,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let key = issuer.subject_public_key.as_bytes();
        key.is_some_and(|key| {
            let key = UnparsedPublicKey::new(self.0, key);
            key.verify(message, signature).is_ok()
        })
    }
}
