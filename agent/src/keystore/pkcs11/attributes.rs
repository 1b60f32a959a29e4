//! What a token says of a key pair.

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectHandle};
use cryptoki::session::Session;
use privyseal_tuf::PublicKey;

use super::ec_point;
use crate::keystore::key::Protection;

/// CKA_EC_PARAMS of P-256: its OID (RFC 5480).
pub(super) const P256_OID: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// CKA_EC_PARAMS of P-384: its OID (RFC 5480).
pub(super) const P384_OID: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// CKA_EC_PARAMS of Ed25519 as PKCS#11 3.0 names it: PrintableString `edwards25519`.
pub(super) const ED25519_NAME: &[u8] = b"\x13\x0cedwards25519";

/// CKA_EC_PARAMS of Ed25519: its OID (RFC 8410).
pub(super) const ED25519_OID: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// What a token says of a private key.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrivateFacts {
    pub(super) protection: Protection,
    /// CKA_SIGN.
    pub(super) signs: bool,
    /// CKA_DECRYPT, CKA_UNWRAP or CKA_DERIVE.
    pub(super) does_more: bool,
    /// CKA_ALWAYS_AUTHENTICATE: its PIN is wanted before each signature.
    pub(super) always_authenticates: bool,
}

/// Reads a private key's attributes. What the token keeps to itself counts as the worse value.
pub(super) fn private_facts(session: &Session, key: ObjectHandle) -> Result<PrivateFacts, Error> {
    let asked = [
        AttributeType::Sensitive,
        AttributeType::Extractable,
        AttributeType::AlwaysSensitive,
        AttributeType::NeverExtractable,
        AttributeType::Local,
        AttributeType::Sign,
        AttributeType::Decrypt,
        AttributeType::Unwrap,
        AttributeType::Derive,
        AttributeType::AlwaysAuthenticate,
    ];
    let mut facts = PrivateFacts {
        protection: Protection {
            sensitive: false,
            extractable: true,
            always_sensitive: false,
            never_extractable: false,
            local: false,
        },
        signs: false,
        does_more: false,
        always_authenticates: false,
    };
    for attribute in session.get_attributes(key, &asked)? {
        match attribute {
            Attribute::Sensitive(yes) => facts.protection.sensitive = yes,
            Attribute::Extractable(yes) => facts.protection.extractable = yes,
            Attribute::AlwaysSensitive(yes) => facts.protection.always_sensitive = yes,
            Attribute::NeverExtractable(yes) => facts.protection.never_extractable = yes,
            Attribute::Local(yes) => facts.protection.local = yes,
            Attribute::Sign(yes) => facts.signs = yes,
            Attribute::Decrypt(yes) | Attribute::Unwrap(yes) | Attribute::Derive(yes) => {
                facts.does_more |= yes;
            }
            Attribute::AlwaysAuthenticate(yes) => facts.always_authenticates = yes,
            _ => {}
        }
    }
    Ok(facts)
}

/// Reads a public key object; none where it is of no algorithm that we know, or malformed.
pub(super) fn public_key(session: &Session, key: ObjectHandle) -> Result<Option<PublicKey>, Error> {
    let mut kind = None;
    for attribute in session.get_attributes(key, &[AttributeType::KeyType])? {
        if let Attribute::KeyType(found) = attribute {
            kind = Some(found);
        }
    }
    match kind {
        Some(KeyType::EC | KeyType::EC_EDWARDS) => elliptic(session, key),
        Some(KeyType::RSA) => rsa(session, key),
        _ => Ok(None),
    }
}

fn elliptic(session: &Session, key: ObjectHandle) -> Result<Option<PublicKey>, Error> {
    let (mut params, mut point) = (Vec::new(), Vec::new());
    let asked = [AttributeType::EcParams, AttributeType::EcPoint];
    for attribute in session.get_attributes(key, &asked)? {
        match attribute {
            Attribute::EcParams(bytes) => params = bytes,
            Attribute::EcPoint(bytes) => point = bytes,
            _ => {}
        }
    }
    Ok(match params.as_slice() {
        P256_OID => ec_point::p256(&point),
        P384_OID => ec_point::p384(&point),
        ED25519_NAME | ED25519_OID => ec_point::ed25519(&point),
        _ => None,
    })
}

fn rsa(session: &Session, key: ObjectHandle) -> Result<Option<PublicKey>, Error> {
    let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
    let asked = [AttributeType::Modulus, AttributeType::PublicExponent];
    for attribute in session.get_attributes(key, &asked)? {
        match attribute {
            Attribute::Modulus(bytes) => modulus = bytes,
            Attribute::PublicExponent(bytes) => exponent = bytes,
            _ => {}
        }
    }
    Ok(PublicKey::rsa(&modulus, &exponent).ok())
}
