use std::collections::BTreeMap;

use super::error::{Fault, Problem, Within};
use super::fields::{object, required};
use super::{Header, MetaFile};
use crate::RoleType;
use crate::json::{Object, Value};

/// Snapshot metadata (spec, section 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The fields that all roles have.
    pub header: Header,
    /// Every targets metadata by its file name, `targets.json` among them. The names are the
    /// repository's and must not be used as file names unescaped.
    pub meta: BTreeMap<String, MetaFile>,
}

impl Snapshot {
    pub(super) fn parse(signed: &Object) -> Result<Self, Fault> {
        Ok(Self {
            header: Header::parse(signed, RoleType::Snapshot)?,
            meta: required(signed, "meta", parse_meta)?,
        })
    }
}

fn parse_meta(value: &Value) -> Result<BTreeMap<String, MetaFile>, Fault> {
    let members = object(value)?;
    if !members.contains_key("targets.json") {
        return Err(Problem::Missing).within_key("targets.json");
    }
    members
        .iter()
        .map(|(name, value)| Ok((name.to_string(), MetaFile::parse(value).within_key(name)?)))
        .collect()
}
