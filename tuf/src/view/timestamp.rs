use super::error::{Fault, Problem, Within};
use super::fields::{object, required};
use super::{Header, MetaFile};
use crate::RoleType;
use crate::json::{Object, Value};

/// Timestamp metadata (spec, section 4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// The fields that all roles have.
    pub header: Header,
    /// The newest `snapshot.json`.
    pub snapshot: MetaFile,
}

impl Timestamp {
    pub(super) fn parse(signed: &Object) -> Result<Self, Fault> {
        Ok(Self {
            header: Header::parse(signed, RoleType::Timestamp)?,
            snapshot: required(signed, "meta", parse_meta)?,
        })
    }
}

fn parse_meta(value: &Value) -> Result<MetaFile, Fault> {
    let members = object(value)?;
    match members.keys().find(|name| *name != "snapshot.json") {
        Some(extra) => Err(Problem::ExtraMeta).within_key(extra),
        None => required(members, "snapshot.json", MetaFile::parse),
    }
}
