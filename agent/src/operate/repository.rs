//! Enrolling a repository that exists: its roots from the first, and its present metadata.

use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{Record, RepositoryEnrolled, record::Event};
use privyseal_tuf::RoleType;

use crate::{
    caller::Caller,
    corridor::{
        Content, House, LineageName, file_of, observed_record, record_lineage, shown_is_news,
        unknown_authority, unknown_lineage,
    },
    denial::{Denial, Reason},
    fault::Stop,
    memory::{LineageId, Memory},
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
    let gate = memory.opening_gate().await;
    let (id, enrolled) = verify(operator, name, documents)?;
    if memory.lineage(&id).is_some() || memory.is_given_up(&id) {
        let message = format!(
            "{} is known with first root {}",
            id.repository, id.first_root
        );
        return Err(Denial::new(Reason::LineageKnown, message).into());
    }
    let event = Event::RepositoryEnrolled(enrolled);
    let appended = house.ledger.append(event, Some(Box::new(gate))).await?;
    Ok((id, appended.head))
}

/// The record of the repository. Its documents are folded into a memory of their own as they are
/// verified, so that each is held against the ones before it by the rules that hold everywhere.
fn verify(
    operator: &Caller,
    name: LineageName,
    documents: Documents,
) -> Result<(LineageId, RepositoryEnrolled), Denial> {
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
    let mut enrolled = RepositoryEnrolled {
        operator: Some(operator.to_record()),
        lineage: Some(record_lineage(&id)),
        roots: roots.len() as u64,
        documents: Vec::new(),
    };
    let scratch = Memory::default();
    // An empty enrolment makes the lineage known to the scratch memory.
    fold(&scratch, Event::RepositoryEnrolled(enrolled.clone()));
    // Later checks need the last root and the one before it.
    let dull = roots.len().saturating_sub(2);
    let all = roots
        .into_iter()
        .map(|root| (RoleType::Root, root))
        .chain(present);
    for (index, (role, bytes)) in all.enumerate() {
        let document = Content::read(&bytes, role)?;
        let lineage = scratch.lineage(&id).ok_or_else(|| unknown_lineage(&id))?;
        let state = lineage.facts();
        shown_is_news(&state, &document)?;
        let observed = observed_record(operator, &id, &state, &document, Some(file_of(&bytes)));
        if index >= dull {
            enrolled.documents.push(observed.clone());
        }
        fold(&scratch, Event::Observed(observed));
    }
    Ok((id, enrolled))
}

fn fold(memory: &Memory, event: Event) {
    let event = Some(event);
    memory.apply(0, &Record { time: 0, event });
}
