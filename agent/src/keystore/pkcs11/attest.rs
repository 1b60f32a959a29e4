//! Attestations among the certificates of a token.
//!
//! PKCS#11 knows no attestation. Yubico's module, ykcs11, shows the certificate that a YubiKey writes
//! for a key as a certificate object under the key's CKA_ID, and that of slot F9 as another one
//! ("YKCS11", developers.yubico.com).

use std::num::NonZeroUsize;

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::ckr;
use super::resolve::Resolver;
use crate::keystore::attestation::Claim;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, ObjectId};

/// Certificates of a token that are looked at. A YubiKey has one in each of 24 slots, and as many
/// attestations.
const MOST: usize = 64;

/// Handles asked for in one C_FindObjects.
const BATCH: NonZeroUsize = NonZeroUsize::MIN.saturating_add(MOST - 1);

/// Bytes of a certificate that is looked at.
const LONGEST: usize = 4096;

/// What the token's attestation of a key claims, not verified; none where it has none.
pub(super) fn claim(
    session: &Session,
    id: &ObjectId,
    is_it: impl Fn(&Claim) -> bool,
) -> Result<Option<Claim>, Error> {
    let found = certificates(session, &[Attribute::Id(id.as_bytes().to_vec())])?;
    let mut claims = found.iter().filter_map(|der| Claim::read(der));
    Ok(claims.find(is_it))
}

/// The attestation of a key and the certificates of whoever issued it; not verified.
pub(super) fn attest(
    resolver: &Resolver<'_>,
    key: &BoundKey,
) -> Result<Vec<Vec<u8>>, KeystoreError> {
    let all = certificates(resolver.session, &[]).map_err(|error| KeystoreError::Absent {
        keystore: resolver.settings.name.clone(),
        what: ckr::describe(&error),
    })?;
    let leaf = all.iter().find_map(|der| {
        let claim = Claim::read(der).filter(|claim| claim.public_key == key.public_key)?;
        Some((der, claim))
    });
    let Some((leaf, claim)) = leaf else {
        let module = resolver.settings.module.display();
        return Err(KeystoreError::NoAttestation {
            keystore: resolver.settings.name.clone(),
            key: key.name.clone(),
            what: format!(
                "module {module} shows none among its certificates. PKCS#11 knows no attestation; \
                 for a key that was generated on a YubiKey, Yubico's module ykcs11 shows one, and so \
                 does a keystore of kind `piv`"
            ),
        });
    };
    let issuers = all.iter().filter(|der| claim.names_as_issuer(der));
    Ok([leaf].into_iter().chain(issuers).cloned().collect())
}

/// The token's X.509 certificates that match, DER.
fn certificates(session: &Session, template: &[Attribute]) -> Result<Vec<Vec<u8>>, Error> {
    let class = [Attribute::Class(ObjectClass::CERTIFICATE)];
    let template = [&class, template].concat();
    let handles: Vec<ObjectHandle> = session
        .iter_objects_with_cache_size(&template, BATCH)?
        .take(MOST)
        .collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for handle in handles {
        // One that can't be read is none: another program may have deleted it since.
        let attributes = session.get_attributes(handle, &[AttributeType::Value]);
        for attribute in attributes.unwrap_or_default() {
            if let Attribute::Value(der) = attribute
                && der.len() <= LONGEST
            {
                found.push(der);
            }
        }
    }
    Ok(found)
}
