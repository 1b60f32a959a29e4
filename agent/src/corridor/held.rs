//! Held: the document agrees with everything that the agent remembers of its lineage.
//!
//! The gate of (lineage, role) is closed from here until the decision is durable.

use std::sync::Arc;

use privyseal_tuf::{Dialect, KeyId, RoleType, Sha256Digest, Signature};

use super::{
    Checked, House, aside, checked::Content, completion, facts, received::Named, rules,
    shown::Shown,
};
use crate::{
    caller::Caller,
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{About, Keystore},
    ledger::Guard,
    memory::{EnrolledKey, Known, LineageId, Memory, VersionMemory, VersionState},
};
use privyseal_proto::ledger::v1::Facts;
use tokio::sync::OwnedMutexGuard;

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
    pub(super) about: About,
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
    pub async fn new(checked: Checked, house: &House) -> Result<Self, Stop> {
        let memory = house.ledger.memory();
        let first_root = first_root(&checked)?;
        let id = checked
            .request
            .request
            .lineage
            .clone()
            .with_first_root(first_root);
        let large = checked.request.takes_a_while();
        let role = checked.document.role.clone();
        let lineage = memory.lineage(&id);
        let house = house.clone();
        // A key of Docker Content Trust is given to no lineage.
        let key = &checked.request.key;
        let is_settled = key.first_root.is_some() || key.purpose.trust().is_some();
        if let Some(lineage) = lineage.filter(|_| is_settled) {
            let gate = (
                lineage.gate(&role).await,
                not_removed(&checked, memory).await,
            );
            // Its unfinished first root may have been superseded while we waited.
            if memory.is_current(&lineage) {
                let (checked, gate) = (checked.again(memory)?, Box::new(gate));
                let known = lineage.known(&role);
                return Ok(aside(large, move || {
                    Self::in_lineage(checked, &known, gate, &house)
                })
                .await??);
            }
        }
        // A lineage is opened in one place, and so is a key without one given to its first.
        let opening = memory.opening_gate().await;
        match memory.lineage(&id) {
            Some(lineage) => {
                let gate = (opening, lineage.gate(&role).await);
                let gate: Guard = Box::new((gate, not_removed(&checked, memory).await));
                let checked = checked.again(memory)?;
                let known = lineage.known(&role);
                Ok(aside(large, move || {
                    Self::in_lineage(checked, &known, gate, &house)
                })
                .await??)
            }
            None if memory.is_given_up(&id) => {
                let message = format!("the first root {} was superseded", id.first_root);
                Err(Denial::new(Reason::VersionReused, message).into())
            }
            None => {
                let gate = (opening, not_removed(&checked, memory).await);
                let (checked, gate) = (checked.again(memory)?, Box::new(gate));
                Ok(aside(large, move || Self::opening(checked, id, gate, &house)).await??)
            }
        }
    }

    /// `known` is a copy: verifying signatures must not hold up those who remember.
    fn in_lineage(
        checked: Checked,
        known: &Known,
        gate: Guard,
        house: &House,
    ) -> Result<Self, Denial> {
        // Its certificate may have been revoked while it waited.
        checked.request.request.caller.stands()?;
        let Agreed {
            keyid,
            standing,
            facts,
            completes,
        } = agrees(&checked, known, house)?;
        let about = about(&checked, known.lineage());
        Ok(Self {
            about,
            caller: checked.request.request.caller,
            key: checked.request.key,
            keystore: checked.request.keystore,
            lineage: known.lineage().clone(),
            document: checked.document,
            keyid,
            facts,
            opens: false,
            completes,
            gate,
            standing,
        })
    }

    fn opening(
        checked: Checked,
        id: LineageId,
        gate: Guard,
        house: &House,
    ) -> Result<Self, Denial> {
        let is_first = checked.document.role == RoleType::Root.into()
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
        if checked.document.document.dialect() == Dialect::Notary {
            rules::may_open(&checked, &id, house)?;
        }
        let known = Known::nothing(id, &checked.document.role);
        let held = Self::in_lineage(checked, &known, gate, house)?;
        Ok(Self {
            opens: true,
            ..held
        })
    }

    /// Where a person has to be waited for before this can be signed: who tells it, and of what.
    pub(super) fn attendant(&self) -> Option<(Arc<dyn Keystore>, About)> {
        let unsigned = matches!(self.standing, Standing::Unsigned);
        let waits = unsigned && self.keystore.needs_person(&self.key.bound);
        waits.then(|| (Arc::clone(&self.keystore), self.about.clone()))
    }

    /// Was this signature given before?
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }
}

/// "root v7 of example.org", for the person in front of the device.
fn about(checked: &Checked, lineage: &LineageId) -> About {
    let Content { role, version, .. } = &checked.document;
    let role = match role.delegated() {
        None => role.to_string(),
        Some(name) => format!("delegated role {}", Shown::quoted(name.as_str())),
    };
    let repository = Shown(&lineage.repository);
    About::new(format!("{role} v{version} of {repository}"))
}

/// Keys of Docker Content Trust that never signed may be removed. From here on until the decision is
/// durable this one is not, or it is already, which the next look at it says.
async fn not_removed(checked: &Checked, memory: &Memory) -> Option<OwnedMutexGuard<()>> {
    let key = &checked.request.key;
    key.purpose.trust()?;
    Some(memory.key_gate(&key.bound.name).await)
}

/// The first root of the request's lineage: the one that it names, or the document itself.
fn first_root(checked: &Checked) -> Result<Sha256Digest, Denial> {
    let request = &checked.request.request;
    match request.lineage.first_root {
        Some(first_root) => Ok(first_root),
        None if request.role == RoleType::Root.into() && checked.document.version == 1 => {
            Ok(checked.document.digest)
        }
        None => request.lineage.clone().known().map(|id| id.first_root),
    }
}

/// What came of holding a document against the memory.
struct Agreed {
    keyid: KeyId,
    standing: Standing,
    facts: Option<Facts>,
    completes: bool,
}

/// Holds a document against what is known.
fn agrees(checked: &Checked, known: &Known, house: &House) -> Result<Agreed, Denial> {
    let key = &checked.request.key;
    if !key.belongs_to(known.lineage()) {
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
    let public_key = &key.bound.public_key;
    rules::is_delegated_to(known)?;
    let again = rules::version(known, document)?;
    let keyid = rules::key_in_role(known, document, public_key)?;
    match document.document.dialect() {
        Dialect::Spec => serves_no_more_than_granted(checked, known)?,
        Dialect::Notary => rules::is_granted(checked, known, house)?,
    }
    rules::content(known, document)?;
    rules::to_sign(known, document, public_key)?;
    rules::is_attested(key, &document.role, house.ledger.memory(), &house.config)?;
    let history = known.history();
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
        _ => Some(facts::facts(known, document)?),
    };
    let already = remembered.is_some_and(|last| last.state == VersionState::Final);
    let completes = already || completion::with_key(known, document, remembered, key.fingerprint);
    Ok(Agreed {
        keyid,
        standing,
        facts,
        completes,
    })
}

/// A document does not say whether it is the top-level targets or a delegated role's: where one key
/// serves both, whoever has a signature for the one has it for the other.
fn serves_no_more_than_granted(checked: &Checked, known: &Known) -> Result<(), Denial> {
    let (key, document) = (&checked.request.key.bound, &checked.document);
    let root = known.state.trusted_root.as_deref();
    let in_targets = root.and_then(|root| root.keyid_of(RoleType::Targets, &key.public_key));
    if document.role.delegated().is_none() || in_targets.is_none() {
        return Ok(());
    }
    let granted = checked.request.granted_targets.as_ref();
    if granted.is_some_and(|granted| document.admitted(granted).is_ok()) {
        return Ok(());
    }
    let message = format!(
        "key {} is a key of the top-level targets too, where its signature for {} would hold as \
         well, and {} has no grant to sign those",
        key.name,
        Named(&document.role),
        checked.request.request.caller.name()
    );
    Err(Denial::new(Reason::NoGrant, message))
}

fn verifies(checked: &Checked, signature: &Signature) -> bool {
    let payload = checked.document.document.payload().bytes();
    let key = &checked.request.key.bound.public_key;
    key.verify(&payload, signature).is_ok()
}
