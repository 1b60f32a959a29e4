use std::collections::BTreeMap;

use serde::Deserialize;

use crate::trust::reference::{Gun, canonical};

/// The name of a repository, or of all that begin so: `reg.example.com/team/*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct SlashPattern(String);

/// As notary has it: the name of a repository, or the beginning of names with `*` at its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct StarPattern(String);

/// The name of one repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ExactName(String);

/// The text is neither a name nor a beginning with `*`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    /// `*` elsewhere than at the end.
    #[error("{0:?}: a * stands at the end alone, as in reg.example.com/team/*")]
    Star(String),
    /// `*` where a whole name is asked for.
    #[error("{0:?}: certificates are pinned for one repository; a * is for root-keys")]
    NotOne(String),
    /// No text.
    #[error("the name of a repository is empty")]
    Empty,
}

impl ExactName {
    /// Whether it is this repository's, by the canonical name.
    pub(super) fn is(&self, gun: &Gun) -> bool {
        canonical(&self.0) == gun.as_str()
    }
}

pub(super) trait Pattern: Ord {
    fn text(&self) -> &str;
}

impl Pattern for SlashPattern {
    fn text(&self) -> &str {
        &self.0
    }
}

impl Pattern for StarPattern {
    fn text(&self) -> &str {
        &self.0
    }
}

/// The entry that says most about a repository: its own, or that of the longest beginning.
pub(super) fn most_specific<'a, P: Pattern, T>(
    entries: &'a BTreeMap<P, T>,
    gun: &Gun,
) -> Option<(&'a str, &'a T)> {
    let gun = gun.as_str();
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => gun.starts_with(&canonical(beginning)),
        None => gun == canonical(pattern),
    };
    let entries = entries
        .iter()
        .map(|(pattern, value)| (pattern.text(), value));
    entries
        .filter(|(pattern, _)| fits(pattern))
        .max_by_key(|(pattern, _)| (!pattern.ends_with('*'), pattern.len()))
}

/// The entry of the longest name that a repository's begins with.
pub(super) fn longest_prefix<'a, T>(
    entries: &'a BTreeMap<String, T>,
    gun: &Gun,
) -> Option<(&'a str, &'a T)> {
    let entries = entries
        .iter()
        .map(|(prefix, value)| (prefix.as_str(), value));
    entries
        .filter(|(prefix, _): &(&str, _)| gun.as_str().starts_with(&canonical(prefix)))
        .max_by_key(|(prefix, _)| prefix.len())
}

fn checked(text: String) -> Result<String, NotAPattern> {
    let body = text.strip_suffix('*').unwrap_or(&text);
    if body.contains('*') {
        return Err(NotAPattern::Star(text));
    }
    match text.is_empty() {
        true => Err(NotAPattern::Empty),
        false => Ok(text),
    }
}

impl TryFrom<String> for SlashPattern {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, NotAPattern> {
        let text = checked(text)?;
        let before = text.strip_suffix('*');
        if before.is_some_and(|before| !before.is_empty() && !before.ends_with('/')) {
            return Err(NotAPattern::Star(text));
        }
        Ok(Self(text))
    }
}

impl TryFrom<String> for StarPattern {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, NotAPattern> {
        checked(text).map(Self)
    }
}

impl TryFrom<String> for ExactName {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, NotAPattern> {
        match text.as_str() {
            "" => Err(NotAPattern::Empty),
            name if name.contains('*') => Err(NotAPattern::NotOne(text)),
            _ => Ok(Self(text)),
        }
    }
}
