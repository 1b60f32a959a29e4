use std::fmt;
use std::str::FromStr;

use super::super::error::{Fault, Problem, Within};
use super::super::fields::{array, text};
use crate::json::{Object, Value};
use crate::{PathPattern, Sha256Digest, TargetPath};

/// The paths that a delegated role is trusted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `paths`: those that match any of the patterns.
    Paths(Vec<PathPattern>),
    /// `path_hash_prefixes`: those whose SHA-256 begins with any of these.
    HashPrefixes(Vec<HashPrefix>),
    /// Of notary's dialect: how the names of targets begin; `""` is all of them.
    Prefixes(Vec<String>),
}

/// The first digits of a path's SHA-256: 1 to 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashPrefix(String);

/// The text is no hash prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 hex digits in lower case")]
pub struct NotAHashPrefix;

impl Scope {
    /// Whether it covers a path.
    pub fn covers(&self, path: &TargetPath) -> bool {
        match self {
            Self::Paths(patterns) => patterns.iter().any(|pattern| pattern.matches(path)),
            Self::Prefixes(prefixes) => {
                let path = path.as_str();
                prefixes.iter().any(|prefix| path.starts_with(&**prefix))
            }
            Self::HashPrefixes(prefixes) => {
                let hash = Sha256Digest::of(path.as_str().as_bytes()).to_string();
                prefixes.iter().any(|prefix| hash.starts_with(&prefix.0))
            }
        }
    }

    pub(super) fn parse(role: &Object) -> Result<Self, Fault> {
        match (role.get("paths"), role.get("path_hash_prefixes")) {
            (Some(_), Some(_)) => Err(Problem::TwoForms("paths", "path_hash_prefixes").into()),
            (Some(paths), None) => {
                let patterns = array(paths).within_key("paths")?.iter().enumerate();
                let patterns = patterns
                    .map(|(index, value)| text(value).map(PathPattern::from).within_index(index));
                let patterns: Result<_, _> = patterns.collect();
                Ok(Self::Paths(patterns.within_key("paths")?))
            }
            (None, Some(prefixes)) => {
                let name = "path_hash_prefixes";
                let prefixes = array(prefixes).within_key(name)?.iter().enumerate();
                let prefixes = prefixes.map(|(index, value)| {
                    let prefix = text(value).and_then(|text| Ok(text.parse::<HashPrefix>()?));
                    prefix.within_index(index)
                });
                let prefixes: Result<_, _> = prefixes.collect();
                Ok(Self::HashPrefixes(prefixes.within_key(name)?))
            }
            (None, None) => Err(Problem::Missing).within_key("paths"),
        }
    }

    /// Notary's `paths`, which is left out where it is empty.
    pub(super) fn parse_notary(role: &Object) -> Result<Self, Fault> {
        let Some(paths) = role.get("paths").filter(|paths| **paths != Value::Null) else {
            return Ok(Self::Prefixes(Vec::new()));
        };
        let paths = array(paths).within_key("paths")?.iter().enumerate();
        let paths = paths.map(|(at, value)| text(value).map(str::to_owned).within_index(at));
        let paths: Result<_, _> = paths.collect();
        Ok(Self::Prefixes(paths.within_key("paths")?))
    }

    pub(super) fn write(&self, entry: &mut Object) {
        let list = |texts: Vec<&str>| Value::Array(texts.into_iter().map(Value::from).collect());
        let (name, other, value) = match self {
            Self::Paths(patterns) => (
                "paths",
                "path_hash_prefixes",
                list(patterns.iter().map(PathPattern::as_str).collect()),
            ),
            Self::Prefixes(prefixes) => (
                "paths",
                "path_hash_prefixes",
                list(prefixes.iter().map(String::as_str).collect()),
            ),
            Self::HashPrefixes(prefixes) => (
                "path_hash_prefixes",
                "paths",
                list(prefixes.iter().map(HashPrefix::as_str).collect()),
            ),
        };
        entry.remove(other);
        if *self == Self::Prefixes(Vec::new()) {
            // notary leaves an empty list out.
            entry.remove(name);
            return;
        }
        entry.insert(name, value);
    }
}

impl HashPrefix {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HashPrefix {
    type Err = NotAHashPrefix;

    fn from_str(text: &str) -> Result<Self, NotAHashPrefix> {
        let digit = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if (1..=64).contains(&text.len()) && text.bytes().all(digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAHashPrefix)
        }
    }
}

impl fmt::Display for HashPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
