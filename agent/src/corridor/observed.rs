//! Documents shown to the agent: complete ones, signed here or elsewhere.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use privyseal_ledger::Head;
use privyseal_proto::{
    ledger::v1::{self as record, record::Event},
    v1 as wire,
};
use privyseal_tuf::{Role, RoleType, Sha256Digest};

use super::{
    House, LineageName,
    checked::{Content, authority},
    completion, facts,
    received::{Named, known, role, within},
    rules,
};
use crate::{
    caller::Caller,
    denial::{Denial, Reason},
    fault::Stop,
    ledger::Guard,
    memory::{Known, LineageId, MAX_FILES, VersionMemory, VersionState},
};

/// A document that a caller shows.
#[derive(Debug)]
pub struct Observation {
    caller: Arc<Caller>,
    lineage: LineageName,
    role: Role,
    document: Vec<u8>,
}

/// What became of it.
#[derive(Debug)]
pub struct Shown {
    version: u64,
    digest: Sha256Digest,
    recorded: bool,
    head: Head,
}

/// Is a shown document news?
enum News {
    Known,
    New(Option<File>),
}

impl Observation {
    /// Takes a request from a caller who has any grant on the repository.
    ///
    /// # Errors
    /// Without a grant, or where a field is malformed.
    pub fn new(
        caller: Arc<Caller>,
        request: wire::ObserveRequest,
        house: &House,
    ) -> Result<Self, Denial> {
        known(&caller, &house.config)?;
        let lineage = LineageName::parse(request.lineage)?;
        may_see(&caller, &lineage, house)?;
        Ok(Self {
            lineage,
            role: role(&request.role)?,
            document: within(request.document, &house.config)?,
            caller,
        })
    }

    /// Verifies the document against its lineage and records it, unless it is known.
    ///
    /// # Errors
    /// Where it is incomplete, contradicts what the agent knows, or can't be recorded.
    pub async fn record(self, house: &House) -> Result<Shown, Stop> {
        let (bytes, role) = (self.document.clone(), self.role.clone());
        let large = bytes.len() > super::LARGE;
        let dialect = authority(&house.config, &self.lineage.authority)?.dialect;
        let document = super::aside(large, move || Content::read(&bytes, &role, dialect)).await??;
        let id = match self.role {
            Role::Top(RoleType::Root) if document.version == 1 => {
                self.lineage.clone().with_first_root(document.digest)
            }
            _ => self.lineage.clone().known()?,
        };
        let lineage = house
            .ledger
            .memory()
            .lineage(&id)
            .ok_or_else(|| unknown(&id))?;
        let gate = lineage.gate(&self.role).await;
        if !house.ledger.memory().is_current(&lineage) {
            return Err(unknown(&id).into());
        }
        let (version, digest) = (document.version, document.digest);
        let known = lineage.known(&self.role);
        let (caller, file) = (Arc::clone(&self.caller), self.file(&id, house));
        let news = move || match news(&known, &document, file)? {
            News::Known => Ok(None),
            News::New(file) => observed(&caller, &known, &document, file).map(Some),
        };
        let news: Result<_, Denial> = super::aside(large, news).await?;
        let shown = |recorded, head| Shown {
            version,
            digest,
            recorded,
            head,
        };
        match news? {
            None => Ok(shown(false, house.ledger.reader().head())),
            Some(record) => {
                let guard: Guard = Box::new(gate);
                let event = Event::Observed(record);
                let appended = house.ledger.append(event, Some(guard)).await?;
                Ok(shown(true, appended.head))
            }
        }
    }

    /// The file, where the caller may say which one is published: who signs what names it.
    fn file(&self, id: &LineageId, house: &House) -> Option<File> {
        let signs = |role: RoleType| {
            let grants = &house.config.grants;
            grants.may_sign(&self.caller, &id.authority, &id.repository, &role.into())
        };
        (signs(RoleType::Snapshot) || signs(RoleType::Timestamp)).then(|| file_of(&self.document))
    }
}

/// A file as it was shown: its length and SHA-256. Documents of one content differ in their
/// envelope.
pub(crate) type File = (u64, Sha256Digest);

/// The file of these bytes.
pub(crate) fn file_of(bytes: &[u8]) -> File {
    (bytes.len() as u64, Sha256Digest::of(bytes))
}

/// May the caller know anything of this repository?
pub(crate) fn may_see(caller: &Caller, lineage: &LineageName, house: &House) -> Result<(), Denial> {
    let LineageName {
        authority,
        repository,
        ..
    } = lineage;
    if house
        .config
        .grants
        .may_see_repository(caller, authority, repository)
    {
        return Ok(());
    }
    let message = format!(
        "{} has no grant on {} in {}",
        caller.name(),
        repository.escape_debug(),
        authority.escape_debug()
    );
    Err(Denial::new(Reason::NoGrant, message))
}

pub(crate) fn unknown(id: &LineageId) -> Denial {
    let message = format!(
        "this agent knows no lineage {} in {} with first root {}",
        id.repository.escape_debug(),
        id.authority.escape_debug(),
        id.first_root
    );
    Denial::new(Reason::UnknownLineage, message)
}

/// The record of a shown document.
///
/// # Errors
/// Where the ledger can't hold what later checks need.
pub(crate) fn observed(
    caller: &Caller,
    known: &Known,
    document: &Content,
    file: Option<File>,
) -> Result<record::Observed, Denial> {
    Ok(record::Observed {
        caller: Some(caller.to_record()),
        lineage: Some(super::record_lineage(known.lineage())),
        role: document.role.to_string(),
        version: document.version,
        digest: document.digest.as_bytes().to_vec(),
        facts: Some(facts::facts(known, document)?),
        file_length: file.map_or(0, |(length, _)| length),
        file_sha256: file
            .map(|(_, hash)| hash.as_bytes().to_vec())
            .unwrap_or_default(),
    })
}

/// Verifies a document that must be news.
pub(crate) fn shown_is_news(known: &Known, document: &Content) -> Result<(), Denial> {
    match news(known, document, None)? {
        News::New(_) => Ok(()),
        News::Known => {
            let message = "the same document was shown twice";
            Err(Denial::new(Reason::RequestMalformed, message))
        }
    }
}

/// Verifies a shown document against what is known.
fn news(known: &Known, document: &Content, file: Option<File>) -> Result<News, Denial> {
    let role = Named(&document.role);
    let history = known.history();
    let last = history.version();
    let same_version = |r: &&VersionMemory| r.version == document.version;
    if let Some(remembered) = history.last.as_ref().filter(same_version)
        && remembered.state == VersionState::Final
    {
        if remembered.digest != document.digest {
            let message = format!(
                "{role} version {} is complete with other content: this agent knows {}, it was shown {}",
                document.version, remembered.digest, document.digest
            );
            return Err(Denial::new(Reason::VersionReused, message));
        }
        let full = remembered.files.len() >= MAX_FILES;
        let whole = document.role.kind() != RoleType::Targets || remembered.delegations.is_some();
        if whole && file.is_none_or(|file| full || remembered.files.contains(&file)) {
            return Ok(News::Known);
        }
    }
    if document.version < last {
        let remembered = [history.last.as_ref(), history.last_final.as_ref()];
        let mut remembered = remembered.into_iter().flatten();
        if remembered.any(|remembered| remembered.digest == document.digest) {
            return Ok(News::Known);
        }
        let message = format!(
            "{role} version {} is below {last}, the last one",
            document.version
        );
        return Err(Denial::new(Reason::VersionRollback, message));
    }
    if document.role == RoleType::Root.into() {
        root_is_next(known, document)?;
    }
    rules::is_delegated_to(known)?;
    if !completion::as_shown(known, document) {
        let message = format!(
            "the signatures of {role} version {} do not meet its threshold",
            document.version
        );
        return Err(Denial::new(Reason::Incomplete, message));
    }
    rules::content(known, document).map(|()| News::New(file))
}

/// A shown root is verified by the one before it, so it must be the next one, or the last one.
fn root_is_next(known: &Known, document: &Content) -> Result<(), Denial> {
    let trusted = known
        .history()
        .newest_final()
        .map_or(0, |root| root.version);
    let next = trusted.saturating_add(1);
    if document.version == next
        || (document.version == trusted && trusted > 0)
        || (trusted == 0 && document.is_first_root_of(known.lineage()))
    {
        return Ok(());
    }
    let message = format!(
        "root version {} can't be verified: the next one is {next}",
        document.version
    );
    Err(Denial::new(Reason::VersionSkipped, message))
}

impl Shown {
    /// As it goes over the wire.
    #[must_use]
    pub fn into_wire(self) -> wire::ObserveReply {
        wire::ObserveReply {
            version: self.version,
            digest: self.digest.to_string(),
            recorded: self.recorded,
            head: Some(super::wire_head(self.head)),
        }
    }
}
