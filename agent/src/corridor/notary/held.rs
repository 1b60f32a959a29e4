//! Held: the document agrees with what its key signed last.
//!
//! The key's gate is closed from here until the decision is durable.

use privyseal_tuf::Signature;

use super::{Checked, authorized::unknown};
use crate::{
    corridor::{House, rules},
    denial::{Denial, Reason},
    ledger::Guard,
    memory::{EnrolledKey, NotaryUse},
};

/// A request that agrees with the memory, and holds the gate.
pub struct Held {
    pub(super) request: Checked,
    pub(super) gate: Guard,
    standing: Standing,
}

/// Was this signature given before?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No: sign.
    Unsigned {
        /// Other content of this version was signed before.
        reissued: bool,
    },
    /// The very same bytes: the recorded signature is the answer.
    Signed(Signature),
}

impl Held {
    /// Waits for the gate, then holds the document against the memory.
    ///
    /// # Errors
    /// Where the key was removed meanwhile, the version is not the last or the next, or the role
    /// demands an attestation that the key has not.
    pub async fn new(request: Checked, house: &House) -> Result<Self, Denial> {
        let memory = house.ledger.memory();
        let name = &request.key.bound.name;
        let gate: Guard = Box::new(memory.key_gate(name).await);
        // Its certificate may have been revoked while it waited.
        request.caller.stands()?;
        if memory.key(name).is_none() {
            return Err(unknown(&request.caller, &request.key.keyid));
        }
        let role = request.signed.role().into();
        rules::is_attested(&request.key, &role, memory, &house.config)?;
        let standing = agrees(&request, memory.notary_use(name))?;
        Ok(Self {
            request,
            gate,
            standing,
        })
    }

    /// Was this signature given before?
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }
}

/// notary-server signs version n+1 before it stores it. So it asks for n+1 again, with other
/// content, where that went wrong or somebody else was faster: of two publishers, or of two readers
/// of an expired timestamp.
fn agrees(request: &Checked, last: Option<NotaryUse>) -> Result<Standing, Denial> {
    let Some(last) = last else {
        return Ok(Standing::Unsigned { reissued: false });
    };
    let version = request.signed.version();
    let same = version == last.version && request.digest == last.digest;
    // The ledger's word is not enough: nothing leaves the agent unverified.
    let key = &request.key.bound.public_key;
    let given = last.signature.as_ref().filter(|_| same);
    let given = given.filter(|given| key.verify(&request.content, given).is_ok());
    if let Some(given) = given {
        return Ok(Standing::Signed(given.clone()));
    }
    if !last.restored {
        follows(version, last.version, &request.key)?;
    }
    let reissued = version == last.version && !same;
    Ok(Standing::Unsigned { reissued })
}

/// Is the version the last or the next?
fn follows(version: u64, last: u64, key: &EnrolledKey) -> Result<(), Denial> {
    let reason = match version.checked_sub(last) {
        None => Reason::VersionRollback,
        Some(0 | 1) => return Ok(()),
        Some(_) => Reason::VersionSkipped,
    };
    let (name, repository) = (&key.bound.name, key.repository.escape_debug());
    let message = format!(
        "version {version} does not follow version {last}, the last that key {name} of \
         {repository} signed"
    );
    let remedy = format!(
        "if notary-server's database was restored, an operator of the agent accepts that with \
         `privyseal notary restored --authority {} --repository '{repository}' --reason TEXT`; else find out who \
         changed it",
        key.authority.escape_debug()
    );
    Err(Denial::new(reason, message).with_remedy(remedy))
}
