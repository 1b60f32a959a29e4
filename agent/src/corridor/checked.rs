//! Checked: the document is what its role demands, whatever came before it.

use std::time::SystemTime;

use privyseal_tuf::{
    Document, DocumentError, Key, Problem, RoleType, Root, Sha256Digest, View, ViewError,
    json::JsonError,
};

use super::{Authorized, House};
use crate::{
    config::Authority,
    denial::{Denial, Reason},
    memory::Memory,
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
    pub(super) version: u64,
    pub(super) digest: Sha256Digest,
}

impl Checked {
    /// Reads the document and holds it against the specification and the authority's limits.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(request: Authorized, house: &House) -> Result<Self, Denial> {
        let document = Content::read(&request.request.document, request.request.role)?;
        let name = &request.request.lineage.authority;
        let authority = house
            .config
            .authorities
            .get(name)
            .ok_or_else(|| unknown(name))?;
        document.within(authority, now())?;
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

    /// Parses the document of a role.
    pub(crate) fn read(bytes: &[u8], role: RoleType) -> Result<Self, Denial> {
        let document = Document::parse(bytes).map_err(malformed)?;
        let view = document.view(role).map_err(invalid)?;
        let digest = document.payload().digest;
        Ok(Self {
            version: view.version(),
            view,
            digest,
            document,
        })
    }

    /// Expiry and thresholds within the authority's limits; a root's keys as they must be written.
    pub(super) fn within(&self, authority: &Authority, now: i64) -> Result<(), Denial> {
        let role = self.view.role();
        let expires = self.view.expires();
        if expires.is_past(now) {
            let message = format!(
                "{role} version {} expires {expires}, which is past",
                self.version
            );
            return Err(Denial::new(Reason::ExpiryPast, message));
        }
        let limit = authority.limits(role).max_expiry;
        if expires.seconds().saturating_sub(now) > limit.seconds() {
            let message = format!("{role} would expire {expires}; the limit is {limit} from now");
            return Err(Denial::new(Reason::ExpiryTooFar, message));
        }
        match &self.view {
            View::Root(root) => root_holds(root, authority),
            View::Targets(_) | View::Snapshot(_) | View::Timestamp(_) => Ok(()),
        }
    }
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
        let floor = authority.limits(role).min_threshold.get();
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

/// A key that a root introduces: its keyid is its hash, and the agent can verify it.
pub(super) fn introduces(keyid: &str, key: &Key) -> Result<(), Denial> {
    if key.keyid().as_str() != keyid {
        let message = format!(
            "keyid {} is not the hash of its key, {}",
            keyid.escape_debug(),
            key.keyid()
        );
        return Err(Denial::new(Reason::KeyidMismatch, message));
    }
    key.public()
        .map(|_| ())
        .map_err(|problem| Denial::new(Reason::KeyUnsupported, format!("key {keyid}: {problem}")))
}

fn malformed(error: DocumentError) -> Denial {
    let reason = match &error {
        DocumentError::Json(json) => match json {
            JsonError::DuplicateKey { .. } => Reason::JsonDuplicateKey,
            JsonError::Float(_) | JsonError::IntegerRange(_) => Reason::JsonNumber,
            JsonError::TooDeep(_) => Reason::JsonTooDeep,
            JsonError::TrailingBytes(_) => Reason::JsonTrailing,
            JsonError::TooLong(_) | JsonError::TooMany(_) => Reason::DocumentTooLarge,
            JsonError::LoneSurrogate(_) | JsonError::InvalidUtf8(_) | JsonError::Syntax { .. } => {
                Reason::JsonInvalid
            }
        },
        _ => Reason::MetadataInvalid,
    };
    Denial::new(reason, error.to_string())
}

fn invalid(error: ViewError) -> Denial {
    let reason = match &error {
        ViewError::WrongType { .. } => Reason::TypeMismatch,
        ViewError::Field { problem, .. } => match problem {
            Problem::Expires(_) => Reason::ExpiryMalformed,
            Problem::Threshold(_) => Reason::ThresholdInvalid,
            Problem::TargetPath(_) => Reason::TargetPathInvalid,
            _ => Reason::MetadataInvalid,
        },
    };
    Denial::new(reason, error.to_string())
}
