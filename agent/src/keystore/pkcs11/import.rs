//! Key pairs that come from elsewhere.

use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use privyseal_tuf::{Algorithm, PublicKey, Signature};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroize;

use super::attributes::{ED25519_NAME, ED25519_OID, P256_OID, P384_OID, PrivateFacts};
use super::ckr;
use super::generate::{private_template, public_template, random_id, refusal};
use super::inventory::Inventory;
use super::mechanism;
use super::resolve::Resolver;
use crate::corridor::permit::Message;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{KeyDescription, ObjectId};
use crate::keystore::name::KeyName;
use crate::keystore::private_key::{PrivateKey, RsaSecret, Secret};

/// What a key signs to show that its halves belong together: no metadata, and nothing that metadata
/// could be.
const PROOF: &[u8] = b"Privy Seal: do the halves of this imported key belong together?\n";

/// Writes a key pair to the token through the resolver's session, which must be able to write, and
/// has it sign; where anything is not as asked, it is destroyed again.
pub(super) fn import(
    resolver: &Resolver<'_>,
    inventory: &mut Inventory,
    name: KeyName,
    key: &PrivateKey,
) -> Result<KeyDescription, KeystoreError> {
    let id = random_id(resolver)?;
    let algorithm = key.public().algorithm();
    let private = create_private(resolver.session, &name, &id, key)
        .map_err(|error| refusal(resolver, algorithm, &error))?;
    let public = match create_public(resolver.session, &name, &id, key.public()) {
        Ok(public) => public,
        Err(error) => {
            destroy(resolver, &[private]);
            return Err(refusal(resolver, algorithm, &error));
        }
    };
    match read_back(resolver, &name, key.public(), public, private) {
        Ok(facts) => {
            inventory.add(id.clone(), public, private);
            Ok(resolver.description(name, id, key.public().clone(), facts))
        }
        Err(error) => {
            destroy(resolver, &[private, public]);
            Err(error)
        }
    }
}

fn destroy(resolver: &Resolver<'_>, objects: &[ObjectHandle]) {
    for object in objects {
        if let Err(error) = resolver.session.destroy_object(*object) {
            let keystore = &resolver.settings.name;
            tracing::warn!(%keystore, "of a key that was not imported: {}", ckr::describe(&error));
        }
    }
}

fn create_private(
    session: &Session,
    name: &KeyName,
    id: &ObjectId,
    key: &PrivateKey,
) -> Result<ObjectHandle, cryptoki::error::Error> {
    let algorithm = key.public().algorithm();
    of_curve(algorithm, |curve| {
        let mut template = private_template(name, id, algorithm);
        template.push(Attribute::Class(ObjectClass::PRIVATE_KEY));
        template.extend(curve);
        match &key.secret {
            Secret::Elliptic(value) => template.push(Attribute::Value(value.to_vec())),
            Secret::Rsa(rsa) => template.extend(rsa_numbers(rsa)),
        }
        let created = session.create_object(&template);
        template.into_iter().for_each(wipe);
        created
    })
}

fn create_public(
    session: &Session,
    name: &KeyName,
    id: &ObjectId,
    key: &PublicKey,
) -> Result<ObjectHandle, cryptoki::error::Error> {
    let algorithm = key.algorithm();
    of_curve(algorithm, |curve| {
        let material = match key.point() {
            Some(point) => vec![Attribute::EcPoint(octet_string(point))],
            None => match key.rsa_numbers() {
                Some((modulus, exponent)) => vec![
                    Attribute::Modulus(modulus),
                    Attribute::PublicExponent(exponent),
                ],
                None => Vec::new(),
            },
        };
        let mut template = public_template(name, id, algorithm, material);
        template.push(Attribute::Class(ObjectClass::PUBLIC_KEY));
        template.extend(curve);
        session.create_object(&template)
    })
}

/// Names the curve as modules want it: Ed25519 by its name (PKCS#11 3.0) or by its OID (3.1).
fn of_curve(
    algorithm: Algorithm,
    create: impl Fn(Option<Attribute>) -> Result<ObjectHandle, cryptoki::error::Error>,
) -> Result<ObjectHandle, cryptoki::error::Error> {
    let named = |curve: &[u8]| Some(Attribute::EcParams(curve.to_vec()));
    match algorithm {
        Algorithm::EcdsaP256 => create(named(P256_OID)),
        Algorithm::EcdsaP384 => create(named(P384_OID)),
        Algorithm::Ed25519 => create(named(ED25519_NAME)).or_else(|_| create(named(ED25519_OID))),
        Algorithm::RsaPss { .. } => create(None),
    }
}

/// CKA_EC_POINT is the DER of the point (PKCS#11 2.40, 2.3.3), which is shorter than 128 bytes.
fn octet_string(point: &[u8]) -> Vec<u8> {
    let length = u8::try_from(point.len()).unwrap_or_default();
    [&[0x04, length], point].concat()
}

fn rsa_numbers(rsa: &RsaSecret) -> Vec<Attribute> {
    vec![
        Attribute::Modulus(rsa.modulus.clone()),
        Attribute::PublicExponent(rsa.public_exponent.clone()),
        Attribute::PrivateExponent(rsa.private_exponent.to_vec()),
        Attribute::Prime1(rsa.prime_1.to_vec()),
        Attribute::Prime2(rsa.prime_2.to_vec()),
        Attribute::Exponent1(rsa.exponent_1.to_vec()),
        Attribute::Exponent2(rsa.exponent_2.to_vec()),
        Attribute::Coefficient(rsa.coefficient.to_vec()),
    ]
}

/// Clears what a template held.
fn wipe(attribute: Attribute) {
    match attribute {
        Attribute::Value(mut bytes)
        | Attribute::PrivateExponent(mut bytes)
        | Attribute::Prime1(mut bytes)
        | Attribute::Prime2(mut bytes)
        | Attribute::Exponent1(mut bytes)
        | Attribute::Exponent2(mut bytes)
        | Attribute::Coefficient(mut bytes) => bytes.zeroize(),
        _ => {}
    }
}

/// What the token made of it, and whether its halves belong together.
fn read_back(
    resolver: &Resolver<'_>,
    name: &KeyName,
    expected: &PublicKey,
    public: ObjectHandle,
    private: ObjectHandle,
) -> Result<PrivateFacts, KeystoreError> {
    let facts = resolver.facts(private)?;
    let failing = [
        (
            resolver.public_key(name, public)? != *expected,
            "the public key",
        ),
        (!facts.protection.sensitive, "CKA_SENSITIVE"),
        (facts.protection.extractable, "CKA_EXTRACTABLE"),
        (!facts.signs, "CKA_SIGN"),
        (facts.does_more, "CKA_DECRYPT, CKA_UNWRAP or CKA_DERIVE"),
        (facts.always_authenticates, "CKA_ALWAYS_AUTHENTICATE"),
        (!signs_for(resolver, expected, private)?, "what it signs"),
    ];
    match failing.iter().find(|(fails, _)| *fails) {
        None => Ok(facts),
        Some((_, what)) => Err(KeystoreError::Refused {
            keystore: resolver.settings.name.clone(),
            what: format!(
                "it took key {name}, but {what} is not as asked; the key was destroyed again"
            ),
        }),
    }
}

/// Does a signature with the private half verify under the public one?
fn signs_for(
    resolver: &Resolver<'_>,
    public: &PublicKey,
    private: ObjectHandle,
) -> Result<bool, KeystoreError> {
    let mut nonce = [0; 32];
    let filled = SystemRandom::new().fill(&mut nonce);
    filled.map_err(|_| KeystoreError::Fault {
        keystore: resolver.settings.name.clone(),
        what: "the system gives no random bytes".to_owned(),
    })?;
    let message = Message::new([PROOF, &nonce].concat());
    let algorithm = public.algorithm();
    let (mechanism, data) = mechanism::signing(algorithm, &message);
    let raw = resolver.session.sign(&mechanism, private, data);
    let raw = raw.map_err(|error| refusal(resolver, algorithm, &error))?;
    let signature = Signature::from_raw(algorithm, &raw);
    Ok(signature.is_ok_and(|signature| public.verify(message.bytes(), &signature).is_ok()))
}
