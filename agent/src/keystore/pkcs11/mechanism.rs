//! The mechanisms of each algorithm, one way for each.

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::types::Ulong;
use privyseal_tuf::Algorithm;

use crate::corridor::permit::Message;

/// SHA-256's length, which is also that of the salt.
const DIGEST: cryptoki_sys::CK_ULONG = 32;

/// The mechanism that signs with `algorithm`, and what it is given to sign.
///
/// Tokens are asked for the bare operation over our own SHA-256 (many have no CKM_ECDSA_SHA256, and
/// they sign digests of any length); Ed25519 signs the bytes themselves.
pub(super) fn signing(algorithm: Algorithm, message: &Message) -> (Mechanism<'static>, &[u8]) {
    match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => {
            (Mechanism::Ecdsa, message.digest().as_bytes())
        }
        Algorithm::Ed25519 => {
            let params = EddsaParams::new(EddsaSignatureScheme::Ed25519);
            (Mechanism::Eddsa(params), message.bytes())
        }
        Algorithm::RsaPss { .. } => (Mechanism::RsaPkcsPss(pss()), message.digest().as_bytes()),
    }
}

/// The mechanism that signs with `algorithm` in parts, and what it is given: the bytes themselves,
/// since only mechanisms that hash sign in parts (PKCS#11 3.1, table 6.1). None for Ed25519, whose
/// mechanism does not.
///
/// Keys that want their PIN before each signature are used so. The PIN is given between C_SignInit
/// and what follows, and cryptoki has no C_Sign without a C_SignInit of its own.
pub(super) fn in_parts(algorithm: Algorithm) -> Option<Mechanism<'static>> {
    match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Some(Mechanism::EcdsaSha256),
        Algorithm::Ed25519 => None,
        Algorithm::RsaPss { .. } => Some(Mechanism::Sha256RsaPkcsPss(pss())),
    }
}

/// The mechanism that generates a key pair for `algorithm`.
pub(super) fn generation(algorithm: Algorithm) -> Mechanism<'static> {
    match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Mechanism::EccKeyPairGen,
        Algorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        Algorithm::RsaPss { .. } => Mechanism::RsaPkcsKeyPairGen,
    }
}

/// RSASSA-PSS as TUF has it: SHA-256 for the hash and the mask, a salt as long as the hash.
fn pss() -> PkcsPssParams {
    PkcsPssParams {
        hash_alg: MechanismType::SHA256,
        mgf: PkcsMgfType::MGF1_SHA256,
        s_len: Ulong::from(DIGEST),
    }
}
