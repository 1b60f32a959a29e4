//! Held: the document agrees with everything that the agent remembers of its lineage.
//!
//! The gate of (lineage, role) is closed from here until the decision is durable.

use std::sync::Arc;

use privyseal_tuf::{KeyId, RoleType, Sha256Digest, Signature};

use super::{Checked, House, checked::Content, completion, rules};
use crate::{
    caller::Caller,
    denial::{Denial, Reason},
    keystore::Keystore,
    ledger::Guard,
    memory::{
        EnrolledKey, Lineage, LineageId, LineageState, VersionMemory, VersionState, facts_of,
    },
};
use privyseal_proto::ledger::v1::Facts;

/// A request that agrees with the memory, and holds the gate.
pub struct Held {
    pub(super) caller: Arc<Caller>,
    pub(super) key: Arc<EnrolledKey>,
    pub(super) keystore: Arc<dyn Keystore>,
    pub(super) lineage: LineageId,
    pub(super) document: Content,
    pub(super) keyid: KeyId,
    pub(super) facts: Option<Facts>,
    pub(super) opens: bool,
    pub(super) completes: bool,
    pub(super) gate: Guard,
    standing: Standing,
}

/// Was this signature given before?
#[derive(Debug, Clone)]
pub enum Standing {
    /// No: sign.
    Unsigned,
    /// The very same bytes with the very same key: the recorded signature is the answer.
    Signed(Given),
}

/// A signature that was given before.
#[derive(Debug, Clone)]
pub struct Given {
    pub(super) record: u64,
    pub(super) signature: Signature,
}

impl Held {
    /// Waits for the gate, then holds the document against the memory.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub async fn new(checked: Checked, house: &House) -> Result<Self, Denial> {
        let memory = house.ledger.memory();
        let first_root = first_root(&checked)?;
        let id = checked
            .request
            .request
            .lineage
            .clone()
            .with_first_root(first_root);
        let role = checked.request.request.role;
        let lineage = memory.lineage(&id);
        if let Some(lineage) = lineage.filter(|_| checked.request.key.first_root.is_some()) {
            let gate = lineage.gate(role).await;
            // Its unfinished first root may have been superseded while we waited.
            if memory.is_current(&lineage) {
                return Self::in_lineage(checked.again(memory)?, &lineage, Box::new(gate));
            }
        }
        // A lineage is opened in one place, and so is a key without one given to its first.
        let opening = memory.opening_gate().await;
        let checked = checked.again(memory)?;
        match memory.lineage(&id) {
            Some(lineage) => {
                let gate = lineage.gate(role).await;
                Self::in_lineage(checked, &lineage, Box::new((opening, gate)))
            }
            None if memory.is_given_up(&id) => {
                let message = format!("the first root {} was superseded", id.first_root);
                Err(Denial::new(Reason::VersionReused, message))
            }
            None => Self::opening(checked, id, Box::new(opening)),
        }
    }

    fn in_lineage(checked: Checked, lineage: &Lineage, gate: Guard) -> Result<Self, Denial> {
        // A copy of the facts: verifying signatures must not hold up those who remember.
        let state = lineage.facts();
        let (keyid, standing, facts, completes) = agrees(&checked, lineage.id(), &state)?;
        Ok(Self::with(checked, lineage.id().clone(), keyid, gate).that(standing, facts, completes))
    }

    fn opening(checked: Checked, id: LineageId, gate: Guard) -> Result<Self, Denial> {
        let is_first = checked.request.request.role == RoleType::Root
            && checked.document.version == 1
            && checked.document.digest == id.first_root;
        if !is_first || !checked.request.granted.may_open() {
            let what = if is_first {
                "and the grant does not open new ones"
            } else {
                ""
            };
            let message = format!(
                "this agent knows no lineage {} in {} with first root {} {what}",
                id.repository, id.authority, id.first_root
            );
            return Err(Denial::new(
                Reason::UnknownLineage,
                message.trim_end().to_owned(),
            ));
        }
        let state = LineageState::default();
        let (keyid, standing, facts, completes) = agrees(&checked, &id, &state)?;
        let mut held = Self::with(checked, id, keyid, gate).that(standing, facts, completes);
        held.opens = true;
        Ok(held)
    }

    fn with(checked: Checked, lineage: LineageId, keyid: KeyId, gate: Guard) -> Self {
        Self {
            caller: checked.request.request.caller,
            key: checked.request.key,
            keystore: checked.request.keystore,
            lineage,
            document: checked.document,
            keyid,
            facts: None,
            opens: false,
            completes: false,
            gate,
            standing: Standing::Unsigned,
        }
    }

    fn that(mut self, standing: Standing, facts: Option<Facts>, completes: bool) -> Self {
        self.standing = standing;
        self.facts = facts;
        self.completes = completes;
        self
    }

    /// Was this signature given before?
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }
}

/// The first root of the request's lineage: the one that it names, or the document itself.
fn first_root(checked: &Checked) -> Result<Sha256Digest, Denial> {
    let request = &checked.request.request;
    match request.lineage.first_root {
        Some(first_root) => Ok(first_root),
        None if request.role == RoleType::Root && checked.document.version == 1 => {
            Ok(checked.document.digest)
        }
        None => request.lineage.clone().known().map(|id| id.first_root),
    }
}

/// Holds a document against a lineage's facts.
fn agrees(
    checked: &Checked,
    id: &LineageId,
    state: &LineageState,
) -> Result<(KeyId, Standing, Option<Facts>, bool), Denial> {
    let key = &checked.request.key;
    if !key.belongs_to(id) {
        let message = format!(
            "key {} is a {} key of {} in {}{}, not of this lineage",
            key.bound.name,
            key.purpose,
            key.repository,
            key.authority,
            key.first_root
                .map(|root| format!(" (first root {root})"))
                .unwrap_or_default()
        );
        return Err(Denial::new(Reason::KeyOfOtherLineage, message));
    }
    let document = &checked.document;
    let history = state.history(document.view.role());
    let again = rules::version(history, document)?;
    let keyid = rules::key_in_role(state, document, &key.bound.public_key)?;
    rules::content(state, document)?;
    rules::bounds(state, document)?;
    let remembered = if again { history.last.as_ref() } else { None };
    let given = remembered.and_then(|last| last.signatures.get(&key.bound.name));
    let standing = match given.map(|given| (given.record, given.signature.clone())) {
        // The ledger's word is not enough: nothing leaves the agent unverified.
        Some((record, Some(signature))) if verifies(checked, &signature) => {
            Standing::Signed(Given { record, signature })
        }
        _ => Standing::Unsigned,
    };
    let facts = match remembered {
        Some(VersionMemory { known: true, .. }) => None,
        _ => Some(facts_of(&document.view, Some(state))),
    };
    let already = remembered.is_some_and(|last| last.state == VersionState::Final);
    let completes = already || completion::with_key(state, document, remembered, key.fingerprint);
    Ok((keyid, standing, facts, completes))
}

fn verifies(checked: &Checked, signature: &Signature) -> bool {
    let payload = &checked.document.document.payload().bytes();
    checked
        .request
        .key
        .bound
        .public_key
        .verify(payload, signature)
        .is_ok()
}
