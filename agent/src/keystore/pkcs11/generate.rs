//! Key pairs made on the token.

use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, KeyType, ObjectHandle};
use cryptoki::session::Session;
use privyseal_tuf::Algorithm;
use ring::rand::{SecureRandom, SystemRandom};

use super::attributes::{ED25519_NAME, ED25519_OID, P256_OID, P384_OID, PrivateFacts};
use super::ckr::{self, Action};
use super::inventory::Inventory;
use super::mechanism;
use super::resolve::Resolver;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{KeyDescription, ObjectId};
use crate::keystore::name::KeyName;

/// 2¹⁶ + 1, the public exponent of every RSA key that we make.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Makes a key pair through the resolver's session, which must be able to write, reads back what
/// the token made of it, and destroys it again where the token did not do as it was told.
pub(super) fn generate(
    resolver: &Resolver<'_>,
    inventory: &mut Inventory,
    name: KeyName,
    algorithm: Algorithm,
) -> Result<KeyDescription, KeystoreError> {
    let id = random_id(resolver)?;
    let (public, private) = pair(resolver.session, &name, &id, algorithm)
        .map_err(|error| refusal(resolver, algorithm, &error))?;
    match read_back(resolver, &name, algorithm, public, private) {
        Ok((public_key, facts)) => {
            inventory.add(id.clone(), public, private);
            Ok(resolver.description(name, id, public_key, facts))
        }
        Err(error) => {
            for half in [private, public] {
                if let Err(error) = resolver.session.destroy_object(half) {
                    let keystore = &resolver.settings.name;
                    tracing::warn!(%keystore, object_id = %id, "{}", ckr::describe(&error));
                }
            }
            Err(error)
        }
    }
}

pub(super) fn random_id(resolver: &Resolver<'_>) -> Result<ObjectId, KeystoreError> {
    let fault = |what: String| KeystoreError::Fault {
        keystore: resolver.settings.name.clone(),
        what,
    };
    let mut bytes = vec![0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| fault("the system gives no random bytes".to_owned()))?;
    ObjectId::new(bytes).map_err(|error| fault(error.to_string()))
}

fn pair(
    session: &Session,
    name: &KeyName,
    id: &ObjectId,
    algorithm: Algorithm,
) -> Result<(ObjectHandle, ObjectHandle), Error> {
    let mechanism = mechanism::generation(algorithm);
    let private = private_template(name, id, algorithm);
    let attempt = |material| {
        let public = public_template(name, id, algorithm, material);
        session.generate_key_pair(&mechanism, &public, &private)
    };
    match algorithm {
        Algorithm::EcdsaP256 => attempt(vec![Attribute::EcParams(P256_OID.to_vec())]),
        Algorithm::EcdsaP384 => attempt(vec![Attribute::EcParams(P384_OID.to_vec())]),
        // Modules know the curve by its name (PKCS#11 3.0) or by its OID (3.1), seldom by both.
        Algorithm::Ed25519 => attempt(vec![Attribute::EcParams(ED25519_NAME.to_vec())])
            .or_else(|_| attempt(vec![Attribute::EcParams(ED25519_OID.to_vec())])),
        Algorithm::RsaPss { bits } => {
            let bits = cryptoki_sys::CK_ULONG::from(bits);
            attempt(vec![
                Attribute::ModulusBits(bits.into()),
                Attribute::PublicExponent(EXPONENT.to_vec()),
            ])
        }
    }
}

pub(super) fn public_template(
    name: &KeyName,
    id: &ObjectId,
    algorithm: Algorithm,
    material: Vec<Attribute>,
) -> Vec<Attribute> {
    let mut template = vec![
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::KeyType(key_type(algorithm)),
        Attribute::Label(name.as_str().as_bytes().to_vec()),
        Attribute::Id(id.as_bytes().to_vec()),
        Attribute::Verify(true),
        Attribute::Encrypt(false),
        Attribute::Wrap(false),
    ];
    template.extend(material);
    template
}

pub(super) fn private_template(
    name: &KeyName,
    id: &ObjectId,
    algorithm: Algorithm,
) -> Vec<Attribute> {
    vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::KeyType(key_type(algorithm)),
        Attribute::Label(name.as_str().as_bytes().to_vec()),
        Attribute::Id(id.as_bytes().to_vec()),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
    ]
}

fn key_type(algorithm: Algorithm) -> KeyType {
    match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => KeyType::EC,
        Algorithm::Ed25519 => KeyType::EC_EDWARDS,
        Algorithm::RsaPss { .. } => KeyType::RSA,
    }
}

fn read_back(
    resolver: &Resolver<'_>,
    name: &KeyName,
    algorithm: Algorithm,
    public: ObjectHandle,
    private: ObjectHandle,
) -> Result<(privyseal_tuf::PublicKey, PrivateFacts), KeystoreError> {
    let facts = resolver.facts(private)?;
    let public_key = resolver.public_key(name, public)?;
    let protection = facts.protection;
    let failing = [
        (public_key.algorithm() != algorithm, "the algorithm"),
        (!protection.sensitive, "CKA_SENSITIVE"),
        (protection.extractable, "CKA_EXTRACTABLE"),
        (!protection.always_sensitive, "CKA_ALWAYS_SENSITIVE"),
        (!protection.never_extractable, "CKA_NEVER_EXTRACTABLE"),
        (!protection.local, "CKA_LOCAL"),
        (!facts.signs, "CKA_SIGN"),
        (facts.does_more, "CKA_DECRYPT, CKA_UNWRAP or CKA_DERIVE"),
        (facts.always_authenticates, "CKA_ALWAYS_AUTHENTICATE"),
    ];
    match failing.iter().find(|(fails, _)| *fails) {
        None => Ok((public_key, facts)),
        Some((_, attribute)) => Err(KeystoreError::Refused {
            keystore: resolver.settings.name.clone(),
            what: format!(
                "it made key {name}, but {attribute} is not as asked; the key was destroyed again"
            ),
        }),
    }
}

pub(super) fn refusal(
    resolver: &Resolver<'_>,
    algorithm: Algorithm,
    error: &Error,
) -> KeystoreError {
    let keystore = resolver.settings.name.clone();
    let what = ckr::describe(error);
    match ckr::value(error) {
        Some(
            RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
            | RvError::CurveNotSupported
            | RvError::DomainParamsInvalid
            | RvError::KeySizeRange,
        ) => KeystoreError::MechanismUnsupported {
            keystore,
            what: format!("way to make an {algorithm} key ({what})"),
        },
        _ if ckr::action_of(error) == Action::Reconnect => KeystoreError::Absent { keystore, what },
        _ => KeystoreError::Refused { keystore, what },
    }
}
