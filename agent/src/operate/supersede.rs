//! Giving up a draft that was signed but not finished, for other content of the same version; or
//! one that was finished and that notary-server refused.

use std::collections::BTreeSet;

use privyseal_proto::ledger::v1::{Superseded, record::Event};
use privyseal_tuf::{Dialect, Role, RoleType, Sha256Digest};

use crate::{
    caller::Caller,
    corridor::{House, LineageName, Named, authority, record_lineage, unknown_lineage},
    denial::{Denial, Reason},
    fault::Stop,
    ledger::Appended,
    memory::{Known, LineageId, RootFacts, VersionState},
};

/// What is given up for what.
#[derive(Debug)]
pub struct Supersede {
    /// The lineage.
    pub lineage: LineageName,
    /// The role.
    pub role: Role,
    /// The version of both contents.
    pub version: u64,
    /// What was signed.
    pub old: Sha256Digest,
    /// What will be.
    pub new: Sha256Digest,
    /// Why; recorded.
    pub reason: String,
    /// Does the operator say that notary-server refused what was finished? There one signature is
    /// enough, so what it refuses would bar the version for ever. Recorded.
    pub server_refused: bool,
}

/// Records it. From then on the new content may be signed under that version, and the old not.
///
/// # Errors
/// Where the old content is final, or one signature alone completes it, so that it may be in use;
/// unless it was refused by notary-server, and nobody showed its file.
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
        server_refused,
    } = request;
    if reason.trim().is_empty() || reason.len() > 1024 {
        let message = "the reason needs 1 to 1,024 characters; it stands in the ledger";
        return Err(Denial::new(Reason::RequestMalformed, message).into());
    }
    let id = lineage.known()?;
    let memory = house.ledger.memory();
    // A first root names its lineage, so superseding one renames it.
    let opening = memory.opening_gate().await;
    let lineage = memory.lineage(&id).ok_or_else(|| unknown_lineage(&id))?;
    let gate = lineage.gate(&role).await;
    let known = lineage.known(&role);
    supersedable(&known, version, old, new)?;
    may_be_in_use(&known, server_refused.then_some(house))?;
    let renamed = LineageId {
        first_root: new,
        ..id.clone()
    };
    if role == RoleType::Root.into()
        && version == 1
        && (memory.lineage(&renamed).is_some() || memory.is_given_up(&renamed))
    {
        let message = format!("there is, or was, a lineage with the first root {new} already");
        return Err(Denial::new(Reason::NotSupersedable, message).into());
    }
    let event = Event::Superseded(Superseded {
        operator: Some(operator.to_record()),
        lineage: Some(record_lineage(&id)),
        role: role.to_string(),
        version,
        old_digest: old.as_bytes().to_vec(),
        new_digest: new.as_bytes().to_vec(),
        reason,
        server_refused,
    });
    Ok(house
        .ledger
        .append(event, Some(Box::new((opening, gate))))
        .await?)
}

fn supersedable(
    known: &Known,
    version: u64,
    old: Sha256Digest,
    new: Sha256Digest,
) -> Result<(), Denial> {
    let refused = |message: String| Err(Denial::new(Reason::NotSupersedable, message));
    let role = Named(&known.role);
    let last = known.history().last.as_ref();
    let Some(last) = last.filter(|last| last.version == version && last.digest == old) else {
        return refused(format!(
            "{role} version {version} with content {old} was not signed last"
        ));
    };
    if new == old {
        return refused("the old and the new content are the same".to_owned());
    }
    if last.given_up.contains(&new) {
        return refused(format!(
            "{new} was given up before, and may carry signatures"
        ));
    }
    Ok(())
}

/// Could the last content be in use? `refused` where the operator says that notary-server refused
/// it.
fn may_be_in_use(known: &Known, refused: Option<&House>) -> Result<(), Denial> {
    let no = |message: String| Err(Denial::new(Reason::NotSupersedable, message));
    let (role, Some(last)) = (Named(&known.role), known.history().last.as_ref()) else {
        return Ok(());
    };
    let version = last.version;
    match (last.state, refused) {
        (VersionState::Final, None) => no(format!("{role} version {version} is complete")),
        (VersionState::Final, Some(house)) => {
            let authority = authority(&house.config, &known.lineage().authority)?;
            if authority.dialect != Dialect::Notary {
                return no("only documents of Docker Content Trust go to notary-server".to_owned());
            }
            if last.signatures.is_empty() || !last.files.is_empty() {
                return no(format!(
                    "the finished file of {role} version {version} was shown to this agent, so it \
                     may be in use"
                ));
            }
            Ok(())
        }
        // Where nobody signed the content yet, nothing of it can be in use.
        (VersionState::Committed, _)
            if !last.signatures.is_empty() && one_completes(known, version) =>
        {
            no(format!(
                "one signature alone completes {role}, so it may be in use"
            ))
        }
        (VersionState::Committed, _) => Ok(()),
    }
}

/// Can one key alone complete the last content of the role?
fn one_completes(known: &Known, version: u64) -> bool {
    let role = match &known.role {
        Role::Top(role) => *role,
        Role::Delegated(name) => {
            let mut edges = known.ancestry.to(name).peekable();
            return edges.peek().is_none() || edges.any(|edge| edge.role.keys.threshold < 2);
        }
    };
    let state = &known.state;
    let one = |root: &RootFacts| root.roles.get(role).threshold < 2;
    if role != RoleType::Root {
        return state.trusted_root.as_deref().is_none_or(one);
    }
    let keys = |root: &RootFacts| -> BTreeSet<Sha256Digest> {
        let keys = root.keys_of(role);
        keys.map(|(_, key)| key.fingerprint()).collect()
    };
    let Some(offered) = state.offered_root.as_deref() else {
        return true;
    };
    match state.root_before(version) {
        Some(before) => one(offered) && one(before) && !keys(offered).is_disjoint(&keys(before)),
        None => one(offered),
    }
}
