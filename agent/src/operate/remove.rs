//! Destroying notary keys, and keys of Docker Content Trust that nobody can rely on yet: recorded
//! first, then on the token.
//!
//! A key whose record is durable signs nothing any more and is unknown to notary-server. Where the
//! agent ends before the token destroyed it, that is done at the next login. A key in a YubiKey stays
//! there where the agent can't prove the management key; the answer says so, and asking again is safe.

use std::sync::Arc;

use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{KeyRemoved, record::Event};

use crate::{
    caller::Caller,
    corridor::{Finish, House},
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{BoundKey, KeyName, Keystore, KeystoreError},
    memory::{EnrolledKey, Purpose},
};

/// Removes a key for an operator, or an `unused` one alone; one that was removed already is destroyed
/// where it is still there. Returns the index of the record.
///
/// # Errors
/// Where it is no key that is removed, or signed and only an unused one was meant, the keystore is not ready
/// (then nothing happened), the ledger takes no record, or the token does not destroy it (then it is
/// removed, and asking again is safe).
pub async fn remove_key(
    house: &House,
    operator: &Caller,
    name: &KeyName,
    unused: bool,
) -> Result<(u64, Head), Stop> {
    let memory = house.ledger.memory();
    if let Some(removed) = memory.removed_key(name) {
        destroy(house, &removed.key).await?;
        return Ok((removed.record, house.ledger.reader().head()));
    }
    let unknown = || Denial::new(Reason::UnknownKey, format!("no key is enrolled as {name}"));
    let is_ledger_key = *name == house.config.ledger.key;
    let key = memory.key(name);
    let purpose = key.as_ref().map(|key| key.purpose);
    let purpose = purpose.filter(|_| !is_ledger_key);
    if is_ledger_key || matches!(purpose, Some(Purpose::Tuf | Purpose::Ledger)) {
        let purpose = purpose.unwrap_or(Purpose::Ledger);
        let message = format!(
            "{name} is a {purpose} key, and only notary keys, and trust keys that never signed, are \
             removed"
        );
        return Err(Denial::new(Reason::NotRemovable, message).into());
    }
    let allowed = |key: &EnrolledKey| match key.purpose {
        Purpose::Trust(_) => never_used(house, key),
        _ if unused => never_signed(house, key),
        _ => Ok(()),
    };
    remove(house, operator, &*key.ok_or_else(unknown)?, allowed).await
}

/// Removes a key for the notary-server that it was made for.
///
/// # Errors
/// As [`remove_key`], and where it was used.
pub async fn delete_unused(
    house: &House,
    caller: &Caller,
    key: &EnrolledKey,
) -> Result<(u64, Head), Stop> {
    remove(house, caller, key, |key| never_signed(house, key)).await
}

/// What a key of Docker Content Trust signed may be trusted for as long as somebody keeps it, and the
/// memory of it keeps anybody from signing a second content under an old version. A key that is
/// listed, or has a certificate, may be the one that others wait for: a repository whose only other
/// root key is lost has nothing else.
fn never_used(house: &House, key: &EnrolledKey) -> Result<(), Denial> {
    let (memory, name) = (house.ledger.memory(), &key.bound.name);
    let rotate = "take it out of its roles instead: `privyseal trust rotate`, or `privyseal trust \
                  signer remove`";
    let (why, remedy) = if memory.is_used(name) {
        ("has signed".to_owned(), rotate)
    } else if let Some(lineage) = memory.lists(&key.bound.public_key) {
        let repository = lineage.repository.escape_debug();
        (format!("is trusted for {repository}"), rotate)
    } else if memory.certificates(name) > 0 {
        let remedy = "leave it where it is: whoever has its certificate may list it at any time, \
                      and it signs nothing that no grant covers";
        ("has signed a certificate for itself".to_owned(), remedy)
    } else {
        return Ok(());
    };
    let message = format!("key {name} {why}, and stays");
    Err(Denial::new(Reason::NotRemovable, message).with_remedy(remedy))
}

fn never_signed(house: &House, key: &EnrolledKey) -> Result<(), Denial> {
    let name = &key.bound.name;
    let Some(used) = house.ledger.memory().notary_use(name) else {
        return Ok(());
    };
    let message = format!(
        "key {name} signed {} version {} of {}",
        key.purpose.notary().map_or("", |role| role.as_str()),
        used.version,
        key.repository.escape_debug()
    );
    Err(Denial::new(Reason::KeyUsed, message))
}

async fn remove(
    house: &House,
    caller: &Caller,
    key: &EnrolledKey,
    allowed: impl Fn(&EnrolledKey) -> Result<(), Denial>,
) -> Result<(u64, Head), Stop> {
    let (memory, name) = (house.ledger.memory(), &key.bound.name);
    let keystore = keystore(house, &key.bound)?;
    if let Some(obstacle) = keystore.state().borrow().obstacle() {
        return Err(obstacle.clone().into());
    }
    // Nobody decides to sign with it from here on.
    let gate = memory.key_gate(name).await;
    if memory.key(name).is_none() {
        let message = format!("key {name} was removed already");
        return Err(Denial::new(Reason::UnknownKey, message).into());
    }
    allowed(key)?;
    let removed = Event::KeyRemoved(KeyRemoved {
        name: name.to_string(),
        operator: Some(caller.to_record()),
    });
    let (house, key) = (house.clone(), Arc::clone(&key.bound));
    // A caller that goes away now must not leave the key on the token.
    Finish::new(async move {
        let appended = house.ledger.append(removed, Some(Box::new(gate))).await?;
        destroy(&house, &key).await?;
        Ok((appended.index, appended.head))
    })
    .await
}

async fn destroy(house: &House, key: &Arc<BoundKey>) -> Result<(), Stop> {
    let destroyed = keystore(house, key)?.destroy(Arc::clone(key)).await;
    destroyed.map_err(|error: KeystoreError| {
        tracing::warn!(key = %key.name, "it is removed, and not destroyed yet: {error}");
        error.into()
    })
}

fn keystore<'a>(house: &'a House, key: &BoundKey) -> Result<&'a Arc<dyn Keystore>, Denial> {
    let holder = house.keystores.of(&key.keystore).ok_or_else(|| {
        let message = format!(
            "key {} is in keystore {}, which the config no longer has",
            key.name, key.keystore
        );
        Denial::new(Reason::UnknownKeystore, message)
    })?;
    Ok(&holder.keystore)
}
