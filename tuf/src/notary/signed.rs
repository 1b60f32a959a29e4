use std::collections::BTreeMap;

use crate::canonical;
use crate::json::{Object, Value};
use crate::{Expires, RoleType};

use super::fields::Fields;
use super::{Delegation, FileMeta, SignedError, expires};

/// What notary-server signs by itself: the `signed` of a snapshot or a timestamp, read from its
/// canonical form with every field known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// A snapshot.
    Snapshot(Snapshot),
    /// A timestamp.
    Timestamp(Timestamp),
}

/// The files of a repository, by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// 1 to 2⁵³−1.
    pub version: u64,
    /// When it expires.
    pub expires: Expires,
    /// The root's file.
    pub root: FileMeta,
    /// The top-level targets' file.
    pub targets: FileMeta,
    /// The files of delegated roles.
    pub delegations: BTreeMap<Delegation, FileMeta>,
}

/// The present snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// 1 to 2⁵³−1.
    pub version: u64,
    /// When it expires.
    pub expires: Expires,
    /// The snapshot's file.
    pub snapshot: FileMeta,
}

impl Signed {
    /// Reads the bytes that are signed.
    ///
    /// # Errors
    /// Where they are not the canonical form of a snapshot or timestamp, or have a field that
    /// notary does not know.
    pub fn parse(content: &[u8]) -> Result<Self, SignedError> {
        let value = Value::parse(content)?;
        let Some(object) = value.as_object() else {
            return Err(SignedError::NotAnObject(value.kind()));
        };
        let fields = Fields::top(object);
        let signed = match fields.text("_type")? {
            "Snapshot" => Self::Snapshot(Snapshot::parse(fields)?),
            "Timestamp" => Self::Timestamp(Timestamp::parse(fields)?),
            other => return Err(SignedError::Type(shortened(other))),
        };
        let canonical = canonical::encode(&value);
        if canonical != content {
            let pairs = canonical.iter().zip(content);
            let same = pairs.take_while(|(a, b)| a == b).count();
            return Err(SignedError::NotCanonical(same));
        }
        Ok(signed)
    }

    /// The role whose document it is.
    pub fn role(&self) -> RoleType {
        match self {
            Self::Snapshot(_) => RoleType::Snapshot,
            Self::Timestamp(_) => RoleType::Timestamp,
        }
    }

    /// Its version, 1 to 2⁵³−1.
    pub fn version(&self) -> u64 {
        match self {
            Self::Snapshot(snapshot) => snapshot.version,
            Self::Timestamp(timestamp) => timestamp.version,
        }
    }

    /// When it expires.
    pub fn expires(&self) -> &Expires {
        match self {
            Self::Snapshot(snapshot) => &snapshot.expires,
            Self::Timestamp(timestamp) => &timestamp.expires,
        }
    }
}

/// The fields that every document has.
const FIELDS: &[&str] = &["_type", "expires", "meta", "version"];

impl Snapshot {
    /// Reads `signed` of a document.
    pub(crate) fn read(signed: &Object) -> Result<Self, SignedError> {
        Self::parse(Fields::top(signed))
    }

    fn parse(signed: Fields<'_>) -> Result<Self, SignedError> {
        let signed = signed.only(FIELDS)?;
        let meta = signed.object("meta")?;
        let mut delegations = BTreeMap::new();
        for entry in meta.objects() {
            let (name, entry) = entry?;
            if !matches!(name, "root" | "targets") {
                let role = name.parse::<Delegation>();
                let role = role.map_err(|error| meta.wrong(name, error))?;
                delegations.insert(role, FileMeta::parse(entry)?);
            }
        }
        Ok(Self {
            version: signed.version()?,
            expires: read_expires(&signed)?,
            root: FileMeta::parse(meta.object("root")?)?,
            targets: FileMeta::parse(meta.object("targets")?)?,
            delegations,
        })
    }
}

impl Timestamp {
    /// Reads `signed` of a document.
    pub(crate) fn read(signed: &Object) -> Result<Self, SignedError> {
        Self::parse(Fields::top(signed))
    }

    fn parse(signed: Fields<'_>) -> Result<Self, SignedError> {
        let signed = signed.only(FIELDS)?;
        let meta = signed.object("meta")?.only(&["snapshot"])?;
        Ok(Self {
            version: signed.version()?,
            expires: read_expires(&signed)?,
            snapshot: FileMeta::parse(meta.object("snapshot")?)?,
        })
    }
}

fn read_expires(signed: &Fields<'_>) -> Result<Expires, SignedError> {
    expires::parse(signed.text("expires")?).map_err(|error| signed.wrong("expires", error))
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}
