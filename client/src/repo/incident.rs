//! A key that is lost or stolen, or whose owner left: what that means, and the drafts that end it.

mod after;
mod change;
mod consequences;
mod disable;
mod find;
mod kind;
mod make;
mod names;
mod reach;
mod signing;
mod spare;
#[cfg(test)]
mod tests;
mod thief;

use std::collections::{BTreeMap, BTreeSet};

use privyseal_tuf::{Document, Key, KeyId, Role};

use super::edit::place_root;
use super::project::Project;
use super::settings::{Holder, KeySettings};
use super::work::Work;
use crate::failure::Advice;
use names::Names;

pub use consequences::{Consequences, Section};
pub use find::{key_named, keys_of};
pub use kind::IncidentKind;

/// A key that may no longer sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneKey {
    /// Its keyid in the metadata.
    pub keyid: KeyId,
    /// Whose it is, or was; its keyid where nobody knows.
    pub owner: String,
    /// The agent that holds it, and its name there.
    pub holder: Option<Holder>,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub struct Incident<'a> {
    /// What happened to the keys.
    pub kind: IncidentKind,
    /// The keys: one, or all of a signer who left.
    pub gone: &'a [GoneKey],
    /// What takes their place, in each role that has any of them.
    pub instead: &'a [KeySettings],
    /// Keys by keyid, of those that the metadata does not list yet.
    pub known: &'a BTreeMap<KeyId, Key>,
}

/// What there is to do, before any of it is done.
#[derive(Debug)]
pub struct Plan {
    /// What a person must know first.
    pub consequences: Consequences,
    drafts: Result<Drafts, Advice>,
}

/// All that is written.
#[derive(Clone, Debug)]
struct Drafts {
    root: Option<Document>,
    targets: Vec<(Role, Document)>,
    renewed: Vec<(Role, Document)>,
    settings: String,
}

impl Incident<'_> {
    /// What the incident means, and the drafts without the keys. Nothing is written.
    pub fn plan(&self, project: &Project, work: &Work) -> anyhow::Result<Plan> {
        let names = Names::of(project, self)?;
        let roles = change::roles(self, project, work)?;
        let resigned = after::resigned(self, work, &roles)?;
        let seen = consequences::Seen {
            incident: self,
            work,
            names: &names,
            roles: &roles,
            resigned: &resigned,
        };
        if let Some(refusal) = reach::refusal(self, work, &names, &roles)? {
            return Ok(Plan {
                consequences: seen.meaning()?,
                drafts: Err(refusal),
            });
        }
        Ok(Plan {
            consequences: seen.all()?,
            drafts: Ok(make::drafts(self, project, work, &resigned)?),
        })
    }

    fn keyids(&self) -> BTreeSet<&KeyId> {
        self.gone.iter().map(|key| &key.keyid).collect()
    }

    /// The keys of a role without those that are gone: where the first of them stood, now stand those
    /// that take their place.
    fn without<'k, K: Clone + 'k>(
        &self,
        keys: impl IntoIterator<Item = &'k K>,
        keyid: impl Fn(&K) -> KeyId,
        instead: impl Fn(&KeySettings) -> K,
    ) -> Vec<K> {
        let gone = self.keyids();
        let keys: Vec<&K> = keys.into_iter().collect();
        let present: BTreeSet<KeyId> = keys.iter().map(|key| keyid(key)).collect();
        let mut new = self
            .instead
            .iter()
            .filter(|key| !present.contains(&key.keyid));
        let mut left = Vec::with_capacity(keys.len());
        for key in keys {
            if gone.contains(&keyid(key)) {
                left.extend(new.by_ref().map(&instead));
            } else {
                left.push(key.clone());
            }
        }
        left
    }
}

impl Plan {
    /// Why nothing can be done.
    pub fn refusal(&self) -> Option<&Advice> {
        self.drafts.as_ref().err()
    }

    /// Writes the drafts, and then `privyseal.toml`: until that is changed, the same command does
    /// the same again. Returns the roles that have a draft now.
    ///
    /// `correct`: where the root draft is signed already, the new one becomes its correction.
    pub fn write(self, project: &Project, work: &Work, correct: bool) -> anyhow::Result<Vec<Role>> {
        let Drafts {
            root,
            targets,
            renewed,
            settings,
        } = self.drafts?;
        let mut written = Vec::new();
        if let Some(root) = &root {
            place_root(project, work, root, correct)?;
            written.push(Role::Top(privyseal_tuf::RoleType::Root));
        }
        let documents: Vec<(&Role, &Document)> = targets
            .iter()
            .chain(&renewed)
            .map(|(role, document)| (role, document))
            .collect();
        project.drafts().write_all(&documents)?;
        written.extend(documents.into_iter().map(|(role, _)| role.clone()));
        project.write_settings(&settings)?;
        Ok(written)
    }
}
