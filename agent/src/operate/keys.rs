//! Enrolling keys: made on the token now, or there already.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{KeyEnrolled, record::Event};
use privyseal_tuf::{Algorithm, PublicKey, Sha256Digest};

use crate::{
    caller::Caller,
    corridor::House,
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{KeyName, KeyStanding, KeystoreError, KeystoreName, ObjectId},
    ledger::LedgerKey,
    memory::{EnrolledKey, Memory, Purpose},
};

/// A key to enrol.
#[derive(Debug)]
pub struct KeyRequest {
    /// Where it is or will be.
    pub keystore: KeystoreName,
    /// Its name from now on.
    pub name: KeyName,
    /// Whom it will belong to.
    pub authority: String,
    /// Whom it will belong to.
    pub repository: String,
    /// The lineage, where it exists already.
    pub first_root: Option<Sha256Digest>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a key comes from.
#[derive(Debug)]
pub enum Origin {
    /// It is made on the token.
    Generate(Algorithm),
    /// It is on the token under this CKA_ID.
    Existing(ObjectId),
}

/// Enrols a key and records it; from then on its name, object and public key belong together.
///
/// # Errors
/// Where the names don't fit the config, the token can't, or the ledger takes no record.
pub async fn enrol_key(
    house: &House,
    operator: &Caller,
    request: KeyRequest,
) -> Result<Arc<EnrolledKey>, Stop> {
    let memory = house.ledger.memory();
    if !house.config.authorities.contains_key(&request.authority) {
        return Err(crate::corridor::unknown_authority(&request.authority).into());
    }
    let holder = house.keystores.of(&request.keystore).ok_or_else(|| {
        let message = format!("the config has no keystore {}", request.keystore);
        Denial::new(Reason::UnknownKeystore, message)
    })?;
    // One enrolment at a time, so that a name is taken once.
    let gate = memory.enrolling_gate().await;
    let is_ledger_key = request.name == house.config.ledger.key;
    let taken = memory.key(&request.name).is_some() || memory.removed_key(&request.name).is_some();
    if is_ledger_key || taken {
        let message = format!("there is, or was, a key {} already", request.name);
        return Err(Denial::new(Reason::NameTaken, message).into());
    }
    let (found, generated) = match request.origin {
        Origin::Generate(algorithm) => {
            supported(algorithm)?;
            let made = holder.keystore.generate(request.name.clone(), algorithm);
            (made.await?, true)
        }
        Origin::Existing(id) => (
            holder.keystore.inspect(request.name.clone(), id).await?,
            false,
        ),
    };
    if let KeyStanding::Refused(error) = found.standing {
        return Err(error.into());
    }
    let bound = found.key;
    supported(bound.public_key.algorithm())?;
    if let Some(other) = name_of(memory, &bound.public_key) {
        let message = format!("this very key is enrolled as {other} already");
        return Err(Denial::new(Reason::NameTaken, message).into());
    }
    let enrolled = KeyEnrolled {
        name: request.name.to_string(),
        keystore: request.keystore.to_string(),
        token_serial: bound.token_serial.to_string(),
        object_id: bound.object_id.as_bytes().to_vec(),
        public_key: bound.public_key.to_spki_der(),
        algorithm: bound.public_key.algorithm().to_string(),
        purpose: Purpose::Tuf.to_string(),
        authority: request.authority,
        repository: request.repository,
        first_root: request
            .first_root
            .map(|root| root.as_bytes().to_vec())
            .unwrap_or_default(),
        operator: Some(operator.to_record()),
        generated,
        role: String::new(),
    };
    house
        .ledger
        .append(Event::KeyEnrolled(enrolled), Some(Box::new(gate)))
        .await?;
    house.keystores.bind(&bound).await;
    let not_found = || KeystoreError::KeyNotFound {
        keystore: request.keystore.clone(),
        key: request.name.clone(),
        what: "it was enrolled but is not remembered".to_owned(),
    };
    Ok(memory.key(&request.name).ok_or_else(not_found)?)
}

/// Can the specification's metadata name such a key?
fn supported(algorithm: Algorithm) -> Result<(), Denial> {
    match algorithm {
        Algorithm::EcdsaP256 | Algorithm::Ed25519 | Algorithm::RsaPss { .. } => Ok(()),
        Algorithm::EcdsaP384 => {
            let message = "keys of ecdsa-p384 are for Docker Content Trust alone: no TUF client \
                           verifies P-384 with SHA-256";
            Err(Denial::new(Reason::KeyUnsupported, message))
        }
    }
}

/// The name under which this very key is known already: enrolled, removed, or the ledger's own.
fn name_of(memory: &Memory, public_key: &PublicKey) -> Option<KeyName> {
    let genesis = memory.genesis();
    let ledger_key = genesis.as_ref().and_then(LedgerKey::of);
    let ledger_key = ledger_key.map(|key| Arc::clone(key.bound()));
    let enrolled = memory.keys().into_iter().map(|key| Arc::clone(&key.bound));
    // What is to be destroyed is not enrolled anew.
    let removed = memory.removed_keys().into_iter().map(|removed| removed.key);
    let same = enrolled
        .chain(removed)
        .chain(ledger_key)
        .find(|key| key.public_key == *public_key);
    same.map(|key| key.name.clone())
}
