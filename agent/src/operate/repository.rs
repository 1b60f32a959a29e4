//! Enrolling a repository that exists: its roots from the first, and its present metadata.

use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{Record, record::Event};
use privyseal_tuf::RoleType;

use crate::{
    caller::Caller,
    corridor::{Content, House, LineageName, observed_event, shown_is_news, unknown_authority},
    denial::{Denial, Reason},
    fault::Stop,
    memory::{LineageId, LineageState, Memory},
};

/// The documents of an existing repository.
#[derive(Debug)]
pub struct Documents {
    /// Every root, from the first.
    pub roots: Vec<Vec<u8>>,
    /// The present documents of the other roles.
    pub present: Vec<(RoleType, Vec<u8>)>,
}

/// More roots than any repository has; a client follows fewer.
const MAX_ROOTS: usize = 1024;

/// Verifies the documents one by one, each by those before it, and records them.
///
/// # Errors
/// Where anything does not verify; then nothing is recorded.
pub async fn enrol_repository(
    house: &House,
    operator: &Caller,
    name: LineageName,
    documents: Documents,
) -> Result<(LineageId, Head), Stop> {
    if !house.config.authorities.contains_key(&name.authority) {
        return Err(unknown_authority(&name.authority).into());
    }
    let memory = house.ledger.memory();
    let _gate = memory.opening_gate().await;
    let (id, events) = verify(operator, name, documents)?;
    if memory.lineage(&id).is_some() {
        let message = format!(
            "{} is known with first root {}",
            id.repository, id.first_root
        );
        return Err(Denial::new(Reason::LineageKnown, message).into());
    }
    for event in events {
        house.ledger.append(event, None).await?;
    }
    Ok((id, house.ledger.reader().head()))
}

/// The records of the documents. They are folded into a memory of their own as they are verified,
/// so that each is held against the ones before it by the rules that hold everywhere.
fn verify(
    operator: &Caller,
    name: LineageName,
    documents: Documents,
) -> Result<(LineageId, Vec<Event>), Denial> {
    let Documents { roots, present } = documents;
    let malformed = |what: String| Denial::new(Reason::RequestMalformed, what);
    if roots.len() > MAX_ROOTS {
        return Err(malformed(format!(
            "{} roots are more than {MAX_ROOTS}",
            roots.len()
        )));
    }
    let first = roots
        .first()
        .ok_or_else(|| malformed("the first root is missing".to_owned()))?;
    let id = name.with_first_root(Content::read(first, RoleType::Root)?.digest());
    let scratch = Memory::default();
    let mut events = Vec::new();
    let all = roots
        .into_iter()
        .map(|root| (RoleType::Root, root))
        .chain(present);
    for (index, (role, bytes)) in (0_u64..).zip(all) {
        let document = Content::read(&bytes, role)?;
        let check = |state: &LineageState| {
            shown_is_news(state, &document)
                .map(|()| observed_event(operator, &id, state, &document, &bytes, index == 0))
        };
        let event = match scratch.lineage(&id) {
            Some(lineage) => lineage.read(check)?,
            None => check(&LineageState::default())?,
        };
        let record = Record {
            time: 0,
            event: Some(event.clone()),
        };
        scratch.apply(index, &record);
        events.push(event);
    }
    Ok((id, events))
}
