//! Keys that notary-server asks for.
//!
//! It asks for one whenever somebody reads a name that nobody published, and never deletes any. So
//! there is one unused key for each repository, role and algorithm, and only so many in all.

use std::sync::Arc;

use privyseal_proto::{
    ledger::v1::{KeyEnrolled, record::Event},
    notary::CreateKeyRequest,
};
use privyseal_tuf::Algorithm;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::OwnedMutexGuard;

use crate::{
    caller::Caller,
    config::{NotaryRole, NotarySection},
    corridor::{Finish, House, known, notary::uncovered},
    denial::{Denial, Reason},
    fault::{Fault, Stop},
    keystore::{BoundKey, KeyName, KeyOrder, KeyStanding, Keystore, KeystoreError},
    memory::{EnrolledKey, Purpose, Slot},
};

/// A key that a notary-server may have.
#[derive(Debug)]
pub struct NotaryKeyRequest {
    caller: Arc<Caller>,
    section: NotarySection,
    slot: Slot,
}

impl NotaryKeyRequest {
    /// Reads a request, and finds the `[[notary]]` that covers it.
    ///
    /// # Errors
    /// Where nothing covers it, or nobody may have such a key.
    pub fn new(
        caller: Arc<Caller>,
        request: CreateKeyRequest,
        house: &House,
    ) -> Result<Self, Denial> {
        known(&caller, &house.config)?;
        let CreateKeyRequest {
            algorithm,
            gun,
            role,
        } = request;
        if gun.is_empty() || gun.len() > 255 || gun.chars().any(char::is_control) {
            let message = "gun: a repository's name has 1 to 255 printable characters";
            return Err(Denial::new(Reason::RequestMalformed, message));
        }
        let mut sections = house.config.grants.notaries(&caller, &gun).peekable();
        if sections.peek().is_none() {
            return Err(uncovered(&caller, &gun, "any"));
        }
        let role = notary_role(&role)?;
        let section = sections.find(|section| section.allows(role));
        let section = section.ok_or_else(|| uncovered(&caller, &gun, role.as_str()))?;
        drop(sections);
        Ok(Self {
            slot: Slot {
                authority: section.authority.clone(),
                algorithm: notary_algorithm(&algorithm)?,
                repository: gun,
                role,
            },
            section: section.clone(),
            caller,
        })
    }

    /// The unused key that waits for this, if there is one.
    ///
    /// # Errors
    /// Where there is none, and no room for another.
    fn waiting(&self, house: &House) -> Result<Option<Arc<EnrolledKey>>, Denial> {
        let Self { section, slot, .. } = self;
        let memory = house.ledger.memory();
        let waiting = memory.unused_notary_key(slot);
        if let Some(key) = waiting.filter(|key| self.is_at_hand(&key.bound, house)) {
            return Ok(Some(key));
        }
        // Strangers read invented names, and publish none of them. So what was published gets a
        // key for its rotation, however many wait elsewhere.
        if memory.has_signed(slot) {
            return Ok(None);
        }
        let counts = |at: &Slot| {
            let others = at.authority == section.authority && at != slot;
            others && section.covers(&at.repository)
        };
        let (unused, most) = (memory.unused_notary_keys(counts), section.unused_keys.get());
        if unused < most as usize {
            return Ok(None);
        }
        let message = format!(
            "{unused} keys were made for notary-server and never used, and its [[notary]] allows \
             {most}, so none is made for {}",
            slot.repository.escape_debug()
        );
        Err(Denial::new(Reason::UnusedKeysFull, message))
    }

    /// Is the key where keys are made now? The config may name another keystore since, and the
    /// keystore may hold another token.
    fn is_at_hand(&self, key: &BoundKey, house: &House) -> bool {
        let holder = house.keystores.of(&self.section.keystore);
        let token = holder.and_then(|holder| holder.keystore.token());
        key.keystore == self.section.keystore
            && token.is_none_or(|token| token.serial == key.token_serial)
    }
}

/// A key for notary-server: one that was never used, or a new one.
///
/// # Errors
/// Where there is no room for another, the token can't make it, or the ledger takes no record.
pub async fn notary_key(
    house: &House,
    request: NotaryKeyRequest,
) -> Result<Arc<EnrolledKey>, Stop> {
    if let Some(key) = request.waiting(house)? {
        return Ok(key);
    }
    // Of two that ask at once, the second finds the key of the first. Who goes away here waits no
    // longer.
    let keystore = &request.section.keystore;
    let gate = house.ledger.memory().making_gate(keystore).await;
    if let Some(key) = request.waiting(house)? {
        return Ok(key);
    }
    let house = house.clone();
    // A caller that goes away now must not leave a key on the token that nobody knows.
    Finish::new(async move { make(&house, request, gate).await }).await
}

async fn make(
    house: &House,
    request: NotaryKeyRequest,
    gate: OwnedMutexGuard<()>,
) -> Result<Arc<EnrolledKey>, Stop> {
    let memory = house.ledger.memory();
    // A ledger without room must not wear out the token.
    if let Some(fault) = house.ledger.fault() {
        return Err(fault.into());
    }
    let NotaryKeyRequest {
        caller,
        section,
        slot,
    } = request;
    let holder = house.keystores.of(&section.keystore).ok_or_else(|| {
        let message = format!("the config has no keystore {}", section.keystore);
        Denial::new(Reason::UnknownKeystore, message)
    })?;
    let name = new_name(slot.role, &section)?;
    let made = holder
        .keystore
        .generate(KeyOrder::plain(name.clone(), slot.algorithm))
        .await?;
    if let KeyStanding::Refused(error) = made.standing {
        return Err(error.into());
    }
    let key = made.key;
    let enrolled = KeyEnrolled {
        name: name.to_string(),
        keystore: section.keystore.to_string(),
        token_serial: key.token_serial.to_string(),
        object_id: key.object_id.as_bytes().to_vec(),
        public_key: key.public_key.to_spki_der(),
        algorithm: slot.algorithm.to_string(),
        purpose: Purpose::Notary(slot.role).to_string(),
        authority: slot.authority,
        repository: slot.repository,
        first_root: Vec::new(),
        operator: Some(caller.to_record()),
        generated: true,
        role: slot.role.as_str().to_owned(),
        imported: false,
    };
    let recorded = house
        .ledger
        .append(Event::KeyEnrolled(enrolled), Some(Box::new(gate)))
        .await;
    if let Err(fault) = recorded {
        undo(holder.keystore.as_ref(), &key).await;
        return Err(fault.into());
    }
    house.keystores.bind(&key).await;
    let not_found = || KeystoreError::KeyNotFound {
        keystore: section.keystore.clone(),
        key: name.clone(),
        what: "it was made but is not remembered".to_owned(),
    };
    Ok(memory.key(&name).ok_or_else(not_found)?)
}

/// Destroys a key that could not be recorded.
pub(super) async fn undo(keystore: &dyn Keystore, key: &Arc<BoundKey>) {
    if let Err(error) = keystore.destroy(Arc::clone(key)).await {
        let (keystore, id) = (&key.keystore, &key.object_id);
        tracing::warn!(%keystore, %id, "a key was made, could not be recorded, and stays: {error}");
    }
}

/// `notary-ROLE-` and sixteen random hex digits.
fn new_name(role: NotaryRole, section: &NotarySection) -> Result<KeyName, Fault> {
    let fault = |what: String| KeystoreError::Fault {
        keystore: section.keystore.clone(),
        what,
    };
    let mut bytes = [0; 8];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| fault("the system gives no random bytes".to_owned()))?;
    let name = format!("notary-{}-{}", role.as_str(), hex::encode(bytes)).parse();
    Ok(name.map_err(|error: crate::keystore::BadName| fault(error.to_string()))?)
}

fn notary_role(text: &str) -> Result<NotaryRole, Denial> {
    text.parse().map_err(|()| {
        let shown: String = text.chars().take(64).collect();
        let message = format!("no keys are made for role {}", shown.escape_debug());
        let remedy = "notary-server has keys of the roles snapshot and timestamp";
        Denial::new(Reason::UnknownRole, message).with_remedy(remedy)
    })
}

fn notary_algorithm(text: &str) -> Result<Algorithm, Denial> {
    match text {
        "ecdsa" => Ok(Algorithm::EcdsaP256),
        "ed25519" => Ok(Algorithm::Ed25519),
        other => {
            let shown: String = other.chars().take(64).collect();
            let message = format!(
                "algorithm {} not supported for create key",
                shown.escape_debug()
            );
            Err(Denial::new(Reason::AlgorithmUnsupported, message))
        }
    }
}
