//! Checked: the document is what its role demands, whatever came before it.

use std::time::SystemTime;

use privyseal_tuf::{
    DelegatedRoles, Delegations, Dialect, Document, DocumentError, Key, Problem, Role, RoleType,
    Root, Sha256Digest, View, ViewError, json::JsonError, notary,
};

use super::{Authorized, House, received::Named};
use crate::{
    config::{Authority, Config},
    denial::{Denial, Reason},
    grant::Granted,
    memory::{LineageId, Memory},
};

/// A request whose document holds by itself.
pub struct Checked {
    pub(super) request: Authorized,
    pub(super) document: Content,
}

/// A document that was read.
#[derive(Debug)]
pub struct Content {
    pub(super) document: Document,
    pub(super) view: View,
    pub(super) role: Role,
    pub(super) version: u64,
    pub(super) digest: Sha256Digest,
}

impl Checked {
    /// Reads the document and holds it against the specification, the authority's limits and the
    /// paths of the grant.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(request: Authorized, house: &House) -> Result<Self, Denial> {
        let authority = authority(&house.config, &request.request.lineage.authority)?;
        let asked = &request.request;
        let document = Content::read(&asked.document, &asked.role, authority.dialect)?;
        if authority.dialect == Dialect::Notary {
            go_prints(&document)?;
        }
        document.within(authority, now())?;
        document.admitted(&request.granted)?;
        Ok(Self { request, document })
    }
}

impl Checked {
    /// The same with the key as it is known now: under the gate, where what it belongs to can't
    /// change any more.
    pub(super) fn again(mut self, memory: &Memory) -> Result<Self, Denial> {
        let name = &self.request.request.key;
        self.request.key = memory.key(name).ok_or_else(|| {
            Denial::new(Reason::UnknownKey, format!("no key is enrolled as {name}"))
        })?;
        Ok(self)
    }
}

/// The authority of that name.
pub(crate) fn authority<'a>(config: &'a Config, name: &str) -> Result<&'a Authority, Denial> {
    config.authorities.get(name).ok_or_else(|| unknown(name))
}

pub(crate) fn unknown(authority: &str) -> Denial {
    let message = format!("the config has no authority `{}`", authority.escape_debug());
    Denial::new(Reason::UnknownAuthority, message)
}

/// Unix time in seconds.
pub(super) fn now() -> i64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

impl Content {
    /// SHA-256 of its payload.
    pub(crate) fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Is it the lineage's first root? Of notary's dialect that may be a second version: a
    /// repository of which only that was ever published.
    pub(super) fn is_first_root_of(&self, lineage: &LineageId) -> bool {
        let first = match self.document.dialect() {
            Dialect::Spec => 1..=1,
            Dialect::Notary => 1..=2,
        };
        first.contains(&self.version) && self.digest == lineage.first_root
    }

    /// Parses the document of a role, which must be in the dialect of its authority.
    pub(crate) fn read(bytes: &[u8], role: &Role, dialect: Dialect) -> Result<Self, Denial> {
        let document = Document::parse(bytes).map_err(malformed)?;
        if document.dialect() != dialect {
            return Err(other_dialect(&document, dialect));
        }
        if dialect == Dialect::Notary && *role == RoleType::Timestamp.into() {
            return Err(timestamp_of_server());
        }
        let view = document.view(role.kind()).map_err(invalid)?;
        let digest = document.payload().digest;
        Ok(Self {
            role: role.clone(),
            version: view.version(),
            view,
            digest,
            document,
        })
    }

    /// Does it speak of nothing that the grant keeps it from?
    pub(super) fn admitted(&self, granted: &Granted) -> Result<(), Denial> {
        let View::Targets(targets) = &self.view else {
            return Ok(());
        };
        granted.admits(targets).map_err(|outside| {
            let role = Named(&self.role);
            let message = format!("{role} is granted for some paths alone, and {outside}");
            Denial::new(Reason::PathNotGranted, message)
        })
    }

    /// Expiry and thresholds within the authority's limits.
    pub(super) fn within(&self, authority: &Authority, now: i64) -> Result<(), Denial> {
        let role = Named(&self.role);
        let expires = self.view.expires();
        if expires.is_past(now) {
            let message = format!(
                "{role} version {} expires {expires}, which is past",
                self.version
            );
            return Err(Denial::new(Reason::ExpiryPast, message));
        }
        let limit = authority.limits(&self.role).max_expiry;
        if expires.seconds().saturating_sub(now) > limit.seconds() {
            let message = format!("{role} would expire {expires}; the limit is {limit} from now");
            return Err(Denial::new(Reason::ExpiryTooFar, message));
        }
        match &self.view {
            View::Root(root) => root_holds(root, authority),
            View::Targets(targets) => targets
                .delegations
                .as_ref()
                .map_or(Ok(()), |delegations| floor_holds(delegations, authority)),
            View::Snapshot(_) | View::Timestamp(_) => Ok(()),
            View::NotarySnapshot(_) | View::NotaryTimestamp(_) => Ok(()),
        }
    }
}

/// No delegation has a threshold below the authority's floor.
fn floor_holds(delegations: &Delegations, authority: &Authority) -> Result<(), Denial> {
    let floor = authority.delegated.min_threshold.get();
    let low = match &delegations.roles {
        DelegatedRoles::Listed(roles) => {
            let low = roles.iter().find(|role| role.keys.threshold < floor);
            low.map(|role| (&role.name, role.keys.threshold))
        }
        DelegatedRoles::Succinct(bins) => {
            let threshold = bins.keys().threshold;
            (threshold < floor).then_some((bins.name_prefix(), threshold))
        }
    };
    low.map_or(Ok(()), |(name, threshold)| {
        let name = name.as_str().escape_debug();
        let message = format!("{name} would have threshold {threshold}; the floor is {floor}");
        Err(Denial::new(Reason::ThresholdTooLow, message))
    })
}

fn root_holds(root: &Root, authority: &Authority) -> Result<(), Denial> {
    for (role, keys) in root.roles.iter() {
        if !keys.reachable(&root.keys) {
            let message = format!(
                "{role} would need {} signatures but has {} different keys",
                keys.threshold,
                keys.distinct_keys(&root.keys)
            );
            return Err(Denial::new(Reason::ThresholdInvalid, message));
        }
        let floor = authority.limits(&role.into()).min_threshold.get();
        if keys.threshold < floor {
            let message = format!(
                "{role} would have threshold {}; the floor is {floor}",
                keys.threshold
            );
            return Err(Denial::new(Reason::ThresholdTooLow, message));
        }
    }
    Ok(())
}

/// A key that a root or a delegator introduces: its keyid is its hash, the agent can verify it, and
/// whoever else reads it reads the same key.
pub(super) fn introduces(keyid: &str, key: &Key) -> Result<(), Denial> {
    if key.keyid().as_str() != keyid {
        let message = format!(
            "keyid {} is not the hash of its key, {}",
            keyid.escape_debug(),
            key.keyid()
        );
        return Err(Denial::new(Reason::KeyidMismatch, message));
    }
    if let Err(problem) = key.public() {
        let message = format!("key {keyid}: {problem}");
        return Err(Denial::new(Reason::KeyUnsupported, message));
    }
    if !key.is_as_go_writes() {
        let message = format!(
            "key {keyid} is not written as notary writes such a key (an uncompressed point, or RSA \
             with its NULL parameters), and clients may not read it"
        );
        return Err(Denial::new(Reason::KeyUnsupported, message));
    }
    Ok(())
}

/// notary-server hashes its own print of what it is sent: what Go prints otherwise is lost with it.
fn go_prints(content: &Content) -> Result<(), Denial> {
    notary::go_keeps(&content.document, content.role.kind()).map_err(|error| {
        let message = format!("notary-server would store it otherwise: {error}");
        Denial::new(Reason::NotAsGoPrints, message)
    })
}

fn other_dialect(document: &Document, dialect: Dialect) -> Denial {
    let found = document
        .signed()
        .get("_type")
        .and_then(|value| value.as_str());
    let found: String = found.unwrap_or_default().chars().take(64).collect();
    let message = format!(
        "the document's _type is \"{}\", and the authority's documents are written in dialect \
         {dialect}",
        found.escape_debug()
    );
    Denial::new(Reason::DialectMismatch, message)
}

pub(super) fn timestamp_of_server() -> Denial {
    let message = "timestamps of Docker Content Trust are notary-server's to have signed";
    Denial::new(Reason::TimestampOfServer, message)
}

fn malformed(error: DocumentError) -> Denial {
    let reason = match &error {
        DocumentError::Json(json) => malformed_json(json),
        _ => Reason::MetadataInvalid,
    };
    Denial::new(reason, error.to_string())
}

pub(super) fn malformed_json(error: &JsonError) -> Reason {
    match error {
        JsonError::DuplicateKey { .. } => Reason::JsonDuplicateKey,
        JsonError::Float(_) | JsonError::IntegerRange(_) => Reason::JsonNumber,
        JsonError::TooDeep(_) => Reason::JsonTooDeep,
        JsonError::TrailingBytes(_) => Reason::JsonTrailing,
        JsonError::TooLong(_) | JsonError::TooMany(_) => Reason::DocumentTooLarge,
        JsonError::LoneSurrogate(_) | JsonError::InvalidUtf8(_) | JsonError::Syntax { .. } => {
            Reason::JsonInvalid
        }
    }
}

fn invalid(error: ViewError) -> Denial {
    let reason = match &error {
        ViewError::WrongType { .. } => Reason::TypeMismatch,
        ViewError::Field { problem, .. } => match problem {
            Problem::Expires(_) | Problem::NotaryExpires(_) => Reason::ExpiryMalformed,
            Problem::Threshold(_) => Reason::ThresholdInvalid,
            Problem::TargetPath(_) => Reason::TargetPathInvalid,
            _ => Reason::MetadataInvalid,
        },
        ViewError::Notary(notary::SignedError::Field {
            problem: notary::Problem::Expires(_),
            ..
        }) => Reason::ExpiryMalformed,
        ViewError::Notary(_) => Reason::MetadataInvalid,
    };
    Denial::new(reason, error.to_string())
}
