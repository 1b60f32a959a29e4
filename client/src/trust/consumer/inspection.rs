//! What `docker trust inspect` says of a repository, field for field.

mod natural;
mod pretty;

use std::collections::BTreeMap;

use privyseal_tuf::{KeyId, Targets};
use serde::Serialize;

use super::signed::{RELEASES, canonical, signer};
use crate::trust::pull::Pulled;
use crate::trust::reference::Tag as TagName;

/// A repository as scripts know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspection {
    /// As it was asked for.
    pub name: String,
    /// What is released.
    pub signed_tags: Vec<Tag>,
    /// Who may sign, beside the repository's own keys.
    pub signers: Vec<Signer>,
    /// The repository's own keys: `Root` and `Repository`.
    pub administrative_keys: Vec<Signer>,
}

/// A tag that is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The tag.
    pub signed_tag: String,
    /// SHA-256 in hex.
    pub digest: String,
    /// Who signed it; `Repo Admin` where only the repository's own keys did.
    pub signers: Vec<String>,
}

/// A signer with keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Signer {
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
}

const ADMIN: &str = "Repo Admin";

impl Inspection {
    /// Of one tag, or of all. `name` is the repository as it was asked for.
    pub fn of(pulled: &Pulled, name: &str, tag: Option<&TagName>) -> Self {
        let tag = tag.map(TagName::as_str);
        let mut released: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        let targets = entries(&pulled.targets.view, tag);
        let releases = pulled.delegation(RELEASES).map(|it| entries(&it.view, tag));
        let role = pulled
            .delegations
            .iter()
            .find(|it| it.name.as_str() == RELEASES);
        let covered = |name: &str| role.is_some_and(|role| role.covers(name));
        let releases = releases.into_iter().flatten().filter(|it| covered(&it.0));
        released.extend(targets.chain(releases).map(|entry| (entry, Vec::new())));
        for role in &pulled.delegations {
            let (Ok(metadata), Some(name)) = (&role.metadata, signer(role)) else {
                continue;
            };
            if role.name.as_str() == RELEASES {
                continue;
            }
            for entry in entries(&metadata.view, tag).filter(|it| role.covers(&it.0)) {
                if let Some(signers) = released.get_mut(&entry) {
                    signers.push(name.clone());
                }
            }
        }
        let mut tags: Vec<Tag> = released.into_iter().map(Tag::of).collect();
        tags.sort_by(|a, b| natural::compare(&a.signed_tag, &b.signed_tag));
        Self {
            name: name.to_owned(),
            signed_tags: tags,
            signers: signers(pulled),
            administrative_keys: administrators(pulled),
        }
    }

    /// As `docker trust inspect --pretty` prints it, with what a terminal would obey as escapes.
    pub fn pretty(&self) -> String {
        pretty::text(self)
    }
}

impl Tag {
    fn of(((signed_tag, digest), signers): ((String, String), Vec<String>)) -> Self {
        let admin = || vec![ADMIN.to_owned()];
        Self {
            signed_tag,
            digest,
            signers: if signers.is_empty() { admin() } else { signers },
        }
    }
}

impl Signer {
    fn new(name: &str, ids: impl IntoIterator<Item = KeyId>) -> Self {
        let key = |id: KeyId| Key {
            id: id.as_str().to_owned(),
        };
        Self {
            name: name.to_owned(),
            keys: ids.into_iter().map(key).collect(),
        }
    }
}

/// Names and SHA-256 of targets; of one, where it is named.
fn entries(targets: &Targets, tag: Option<&str>) -> impl Iterator<Item = (String, String)> {
    let entries = targets.targets.iter();
    let entries = entries.filter(move |(name, _)| tag.is_none_or(|tag| name.as_str() == tag));
    entries.map(|(name, target)| {
        let digest = target.hashes.sha256();
        let digest = digest.map(|it| it.to_string()).unwrap_or_default();
        (name.as_str().to_owned(), digest)
    })
}

fn signers(pulled: &Pulled) -> Vec<Signer> {
    let roles = pulled.delegations.iter();
    let roles = roles.filter(|role| role.name.as_str() != RELEASES);
    let mut signers: Vec<Signer> = roles
        .filter_map(|role| {
            let keys = canonical(pulled, &role.delegator, &role.keys.keyids);
            Some(Signer::new(&signer(role)?, keys))
        })
        .collect();
    // docker has them in this order, for scripts.
    signers.sort_by(|a, b| b.name.cmp(&a.name));
    signers
}

fn administrators(pulled: &Pulled) -> Vec<Signer> {
    let Some(root) = pulled.root() else {
        return Vec::new();
    };
    let roles = &root.view.roles;
    vec![
        Signer::new("Root", roles.root.keyids.clone()),
        Signer::new("Repository", roles.targets.keyids.clone()),
    ]
}
