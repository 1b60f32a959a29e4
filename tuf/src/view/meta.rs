use super::error::Fault;
use super::fields::{hashes, length, object, optional, required, version};
use crate::json::{self, Object, Value};
use crate::{Dialect, Hashes};

/// What a snapshot or timestamp says of another metadata file (spec, section 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaFile {
    /// 1 to 2⁵³−1.
    pub version: u64,
    /// Bytes of the file.
    pub length: Option<u64>,
    /// Digests of the file.
    pub hashes: Option<Hashes>,
}

impl MetaFile {
    /// An entry that names the version alone.
    pub fn of_version(version: u64) -> Self {
        Self {
            version,
            length: None,
            hashes: None,
        }
    }

    pub(crate) fn read(value: &Value) -> Option<Self> {
        Self::parse(value).ok()
    }

    pub(super) fn parse(value: &Value) -> Result<Self, Fault> {
        let entry = object(value)?;
        Ok(Self {
            version: required(entry, "version", version)?,
            length: optional(entry, "length", length)?,
            hashes: optional(entry, "hashes", |value| hashes(value, Dialect::Spec))?,
        })
    }

    /// Writes the entry's fields into an object; other members of it stay.
    pub(crate) fn write(&self, entry: &mut Object) {
        entry.insert("version", Value::from(self.version));
        json::set(entry, "length", self.length.map(Value::from));
        json::set(entry, "hashes", self.hashes.as_ref().map(Hashes::to_value));
    }

    /// Whether `content` has this length and these hashes, as far as they are named.
    pub fn matches(&self, content: &[u8]) -> bool {
        let length = self
            .length
            .is_none_or(|length| length == content.len() as u64);
        length
            && self
                .hashes
                .as_ref()
                .is_none_or(|hashes| hashes.matches(content))
    }
}
