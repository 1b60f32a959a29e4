//! Enrolling a repository that exists: its roots from the first, and its present metadata.

mod parts;

use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{Observed, Record, RepositoryEnrolled, record::Event};
use privyseal_tuf::{Dialect, Role, RoleType};

use self::parts::into_records;
use crate::{
    caller::Caller,
    corridor::{
        Content, House, LineageName, aside, authority, file_of, observed_record, record_lineage,
        shown_is_news, unknown_lineage,
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
    /// The present documents of the other roles, a delegator before those that it delegates to.
    pub present: Vec<(Role, Vec<u8>)>,
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
    let dialect = authority(&house.config, &name.authority)?.dialect;
    let memory = house.ledger.memory();
    let gate = memory.opening_gate().await;
    let caller = operator.clone();
    // A repository may have thousands of documents.
    let (id, enrolled) = aside(true, move || verify(&caller, name, dialect, documents)).await??;
    if memory.lineage(&id).is_some() || memory.is_given_up(&id) {
        let message = format!(
            "{} is known with first root {}",
            id.repository, id.first_root
        );
        return Err(Denial::new(Reason::LineageKnown, message).into());
    }
    let (parts, whole) = into_records(enrolled);
    for part in parts {
        house
            .ledger
            .append(Event::EnrollmentPart(part), None)
            .await?;
    }
    let event = Event::RepositoryEnrolled(whole);
    let appended = house.ledger.append(event, Some(Box::new(gate))).await?;
    Ok((id, appended.head))
}

/// The record of the repository. Its documents are folded into a memory of their own as they are
/// verified, so that each is held against the ones before it by the rules that hold everywhere.
fn verify(
    operator: &Caller,
    name: LineageName,
    dialect: Dialect,
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
    let root = Role::from(RoleType::Root);
    let first = roots
        .first()
        .ok_or_else(|| malformed("the first root is missing".to_owned()))?;
    let id = name.with_first_root(Content::read(first, &root, dialect)?.digest());
    let mut enrolled = RepositoryEnrolled {
        operator: Some(operator.to_record()),
        lineage: Some(record_lineage(&id)),
        roots: roots.len() as u64,
        documents: Vec::new(),
        parts: 0,
    };
    let scratch = Memory::default();
    // An empty enrolment makes the lineage known to the scratch memory.
    fold(&scratch, Event::RepositoryEnrolled(enrolled.clone()));
    // Later checks need the last root and the one before it.
    let dull = roots.len().saturating_sub(2);
    let roots = roots.into_iter().map(|bytes| (root.clone(), bytes));
    for (index, (role, bytes)) in roots.chain(present).enumerate() {
        let document = Content::read(&bytes, &role, dialect)?;
        let lineage = scratch.lineage(&id).ok_or_else(|| unknown_lineage(&id))?;
        let known = lineage.known(&role);
        shown_is_news(&known, &document)?;
        let observed = observed_record(operator, &known, &document, Some(file_of(&bytes)))?;
        if index >= dull {
            // The enrolment says by whom, and of what.
            enrolled.documents.push(Observed {
                caller: None,
                lineage: None,
                ..observed.clone()
            });
        }
        fold(&scratch, Event::Observed(observed));
    }
    Ok((id, enrolled))
}

fn fold(memory: &Memory, event: Event) {
    let event = Some(event);
    memory.apply(0, &Record { time: 0, event });
}
