use std::fmt;

use privyseal_tuf::KeyId;
use serde::Deserialize;

/// The id of a key or certificate: 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct PinnedId(KeyId);

/// The text is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no id of a key or certificate: it has 64 hex digits in lower case, as `privyseal trust inspect` shows them"
)]
pub struct NotAnId(String);

/// One or more ids. An empty list would trust nobody, and is a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<PinnedId>")]
pub struct PinnedIds(Vec<PinnedId>);

/// The list is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of ids is empty: name one or more, or take the entry out")]
pub struct NoIds;

impl PinnedIds {
    /// Whether this id is one of them.
    pub fn contains(&self, id: &KeyId) -> bool {
        self.0.iter().any(|pinned| pinned.0 == *id)
    }
}

impl TryFrom<String> for PinnedId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        let id = KeyId::from(text);
        if id.is_compliant() {
            return Ok(Self(id));
        }
        // It may be anything, such as a whole key.
        Err(NotAnId(id.as_str().chars().take(80).collect()))
    }
}

impl TryFrom<Vec<PinnedId>> for PinnedIds {
    type Error = NoIds;

    fn try_from(ids: Vec<PinnedId>) -> Result<Self, NoIds> {
        if ids.is_empty() {
            return Err(NoIds);
        }
        Ok(Self(ids))
    }
}

impl fmt::Display for PinnedIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.0.iter().map(|id| id.0.as_str()).collect();
        f.write_str(&ids.join(", "))
    }
}
