//! Enrolling keys: made on the token now, there already, or made elsewhere.

mod fit;

use std::sync::Arc;

use privyseal_proto::ledger::v1::{KeyEnrolled, record::Event};
use privyseal_tuf::{Algorithm, PublicKey, Sha256Digest};

use super::{attest::attest, notary_key::undo};
use crate::{
    caller::Caller,
    corridor::{Finish, House},
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{
        Access, KeyDescription, KeyName, KeyOrder, KeyStanding, KeystoreError, KeystoreName,
        ObjectId, Place, PrivateKey,
    },
    keystores::Holder,
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
    /// Whom it will belong to; of a shared key, a glob.
    pub repository: String,
    /// The lineage, where it exists already.
    pub first_root: Option<Sha256Digest>,
    /// What it will sign.
    pub purpose: Purpose,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a key comes from.
#[derive(Debug)]
pub enum Origin {
    /// It is made on the token.
    Generate {
        /// What it is.
        algorithm: Algorithm,
        /// Where, on a PIV device.
        place: Place,
        /// What opens a PIV device to its administrator.
        access: Access,
    },
    /// It is on the token under this CKA_ID.
    Existing(ObjectId),
    /// It was made elsewhere, and is written to the token.
    Import(PrivateKey),
}

/// Enrols a key and records it; from then on its name, object and public key belong together.
///
/// # Errors
/// Where the caller may not have it, the names don't fit the config, the token can't, or the ledger
/// takes no record.
pub async fn enrol_key(
    house: &House,
    caller: Arc<Caller>,
    request: KeyRequest,
) -> Result<Arc<EnrolledKey>, Stop> {
    fit::may(house, &caller, &request)?;
    fit::belongs(house, &request)?;
    let house = house.clone();
    // A caller that goes away now must not leave a key on the token that nobody knows.
    Finish::new(async move { enrol(&house, &caller, request).await }).await
}

async fn enrol(
    house: &House,
    caller: &Caller,
    request: KeyRequest,
) -> Result<Arc<EnrolledKey>, Stop> {
    let memory = house.ledger.memory();
    let holder = house.keystores.of(&request.keystore).ok_or_else(|| {
        let message = format!("the config has no keystore {}", request.keystore);
        Denial::new(Reason::UnknownKeystore, message)
    })?;
    fit::keystore(holder, &request)?;
    // A name is taken once.
    let named = memory.key_gate(&request.name).await;
    let is_ledger_key = request.name == house.config.ledger.key;
    let taken = memory.key(&request.name).is_some() || memory.removed_key(&request.name).is_some();
    if is_ledger_key || taken {
        let message = format!("there is, or was, a key {} already", request.name);
        return Err(Denial::new(Reason::NameTaken, message).into());
    }
    // Behind the look at the name: who signs with a key that is there waits for no device.
    let making = memory.making_gate(&request.keystore).await;
    let has_room = || {
        let (keystore, purpose) = (&request.keystore, request.purpose);
        let repository = (&*request.authority, &*request.repository);
        fit::has_room(house, caller, purpose, keystore, repository)
    };
    has_room()?;
    if let Origin::Import(key) = &request.origin {
        is_new(memory, key.public())?;
    }
    let (name, purpose) = (request.name, request.purpose);
    let (found, made) = find(holder, &name, purpose, request.origin, caller).await?;
    if let KeyStanding::Refused(error) = found.standing {
        return Err(error.into());
    }
    let bound = found.key;
    fit::supported(purpose, bound.public_key.algorithm())?;
    // Meanwhile the same may have been enrolled in another keystore.
    let enrolling = memory.enrolling_gate().await;
    let fits = is_new(memory, &bound.public_key);
    if let Err(denial) = fits.and_then(|()| has_room()) {
        drop(enrolling);
        if made != Made::Before {
            undo(holder.keystore.as_ref(), &bound).await;
        }
        return Err(denial.into());
    }
    let enrolled = KeyEnrolled {
        name: name.to_string(),
        keystore: request.keystore.to_string(),
        token_serial: bound.token_serial.to_string(),
        object_id: bound.object_id.as_bytes().to_vec(),
        public_key: bound.public_key.to_spki_der(),
        algorithm: bound.public_key.algorithm().to_string(),
        purpose: purpose.to_string(),
        authority: request.authority,
        repository: request.repository,
        first_root: request
            .first_root
            .map(|root| root.as_bytes().to_vec())
            .unwrap_or_default(),
        operator: Some(caller.to_record()),
        generated: made == Made::OnToken,
        role: purpose.role().to_owned(),
        imported: made == Made::Elsewhere,
    };
    let recorded = house
        .ledger
        .append(
            Event::KeyEnrolled(enrolled),
            Some(Box::new((named, making, enrolling))),
        )
        .await;
    if let Err(fault) = recorded {
        if made != Made::Before {
            undo(holder.keystore.as_ref(), &bound).await;
        }
        return Err(fault.into());
    }
    house.keystores.bind(&bound).await;
    let not_found = || KeystoreError::KeyNotFound {
        keystore: request.keystore.clone(),
        key: name.clone(),
        what: "it was enrolled but is not remembered".to_owned(),
    };
    let key = memory.key(&name).ok_or_else(not_found)?;
    // A device that proves its keys does so at once: the rules of a role may ask for it later.
    if holder.keystore.device().is_some()
        && let Err(error) = attest(house, caller, &key, false).await
    {
        tracing::warn!(key = %name, "it is enrolled, but not attested: {error}");
    }
    Ok(key)
}

/// When a key came to be where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Now, on the token.
    OnToken,
    /// Elsewhere; it was written to the token now.
    Elsewhere,
    /// Before this request.
    Before,
}

async fn find(
    holder: &Holder,
    name: &KeyName,
    purpose: Purpose,
    origin: Origin,
    caller: &Caller,
) -> Result<(KeyDescription, Made), Stop> {
    let keystore = &holder.keystore;
    Ok(match origin {
        Origin::Generate {
            algorithm,
            place,
            access,
        } => {
            fit::supported(purpose, algorithm)?;
            let order = KeyOrder {
                name: name.clone(),
                algorithm,
                place,
                access: access.by(caller.to_record()),
            };
            (keystore.generate(order).await?, Made::OnToken)
        }
        Origin::Import(key) => {
            fit::supported(purpose, key.public().algorithm())?;
            let made = keystore.import(name.clone(), key);
            (made.await?, Made::Elsewhere)
        }
        Origin::Existing(id) => (keystore.inspect(name.clone(), id).await?, Made::Before),
    })
}

fn is_new(memory: &Memory, public_key: &PublicKey) -> Result<(), Denial> {
    match name_of(memory, public_key) {
        None => Ok(()),
        Some(other) => {
            let message = format!("this very key is enrolled as {other} already");
            Err(Denial::new(Reason::NameTaken, message))
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
