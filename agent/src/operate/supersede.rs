//! Giving up a draft that was signed but not finished, for other content of the same version.

use privyseal_proto::ledger::v1::{Superseded, record::Event};
use privyseal_tuf::{RoleType, Sha256Digest};

use crate::{
    caller::Caller,
    corridor::{House, LineageName, record_lineage, unknown_lineage},
    denial::{Denial, Reason},
    fault::Stop,
    ledger::Appended,
    memory::{LineageState, VersionState},
};

/// What is given up for what.
#[derive(Debug)]
pub struct Supersede {
    /// The lineage.
    pub lineage: LineageName,
    /// The role.
    pub role: RoleType,
    /// The version of both contents.
    pub version: u64,
    /// What was signed.
    pub old: Sha256Digest,
    /// What will be.
    pub new: Sha256Digest,
    /// Why; recorded.
    pub reason: String,
}

/// Records it. From then on the new content may be signed under that version, and the old not.
///
/// # Errors
/// Where the old content is final, or one signature alone completes it, so that it may be in use.
pub async fn supersede(
    house: &House,
    operator: &Caller,
    request: Supersede,
) -> Result<Appended, Stop> {
    let Supersede {
        lineage,
        role,
        version,
        old,
        new,
        reason,
    } = request;
    if reason.trim().is_empty() || reason.len() > 1024 {
        let message = "the reason needs 1 to 1,024 characters; it stands in the ledger";
        return Err(Denial::new(Reason::RequestMalformed, message).into());
    }
    let id = lineage.known()?;
    let memory = house.ledger.memory();
    // A first root names its lineage, so superseding one renames it.
    let _opening = memory.opening_gate().await;
    let lineage = memory.lineage(&id).ok_or_else(|| unknown_lineage(&id))?;
    let gate = lineage.gate(role).await;
    lineage.read(|state| supersedable(state, role, version, old, new))?;
    let event = Event::Superseded(Superseded {
        operator: Some(operator.to_record()),
        lineage: Some(record_lineage(&id)),
        role: role.to_string(),
        version,
        old_digest: old.as_bytes().to_vec(),
        new_digest: new.as_bytes().to_vec(),
        reason,
    });
    Ok(house.ledger.append(event, Some(Box::new(gate))).await?)
}

fn supersedable(
    state: &LineageState,
    role: RoleType,
    version: u64,
    old: Sha256Digest,
    new: Sha256Digest,
) -> Result<(), Denial> {
    let refused = |message: String| Err(Denial::new(Reason::NotSupersedable, message));
    let last = state.history(role).last.as_ref();
    let Some(last) = last.filter(|last| last.version == version && last.digest == old) else {
        return refused(format!(
            "{role} version {version} with content {old} was not signed last"
        ));
    };
    if last.state == VersionState::Final {
        return refused(format!("{role} version {version} is complete"));
    }
    if new == old {
        return refused("the old and the new content are the same".to_owned());
    }
    let roots = [state.offered_root.as_deref(), state.trusted_root.as_deref()];
    let roots = roots
        .into_iter()
        .flatten()
        .filter(|_| role == RoleType::Root);
    let trusted = state
        .trusted_root
        .as_deref()
        .filter(|_| role != RoleType::Root);
    let highest = roots
        .chain(trusted)
        .map(|root| root.roles.get(role).threshold)
        .max();
    if highest.unwrap_or(1) < 2 {
        return refused(format!(
            "one signature alone completes {role}, so it may be in use"
        ));
    }
    Ok(())
}
