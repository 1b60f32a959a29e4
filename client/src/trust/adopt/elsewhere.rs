//! Who else needs a key.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self};
use std::path::Path;

use privyseal_tuf::{Document, Key, KeyId, RoleType, View};

use crate::file::read_at_most;
use crate::trust::docker_keys::KeyDirectory;
use crate::trust::home::Home;
use crate::trust::reference::Gun;
use crate::trust::server::Server;

/// Names of repositories have few parts, and delegations few levels.
const MAX_DEPTH: usize = 24;

/// More files than a user's directory has.
const MAX_FILES: usize = 20_000;

/// Longer ones are not looked into.
const MAX_BYTES: u64 = 4 << 20;

/// Who else may need the keys of a user: by their canonical ids, the repositories that name them.
#[derive(Debug, Default)]
pub struct Elsewhere {
    pub(super) named: BTreeMap<KeyId, BTreeSet<String>>,
    /// Repositories whose servers did not say. They may name any key.
    pub(super) unknown: BTreeSet<String>,
}

impl Elsewhere {
    /// What this client verified of the other repositories in these directories; of those that it
    /// does not know, what the directories say, and what trust servers say, since docker keeps old
    /// metadata. Nothing of that is verified: it can only add to the list.
    ///
    /// `server` names the server of a repository.
    pub async fn ask(
        directories: &[KeyDirectory],
        gun: &Gun,
        home: &Home,
        server: impl Fn(&Gun) -> anyhow::Result<Server>,
    ) -> Self {
        let mut found = Self::default();
        for (other, mut keyids) in named_in(directories) {
            let parsed = other.parse::<Gun>().ok().filter(|other| other != gun);
            match parsed.as_ref().map(|other| (other, verified(other, home))) {
                None => {}
                Some((_, Some(verified))) => keyids = verified,
                Some((parsed, None)) => match published(parsed, &server).await {
                    Some(published) => keyids.extend(published),
                    None => {
                        found.unknown.insert(other.clone());
                    }
                },
            }
            for keyid in keyids {
                found.named.entry(keyid).or_default().insert(other.clone());
            }
        }
        found
    }
}

/// The keys that a repository's newest root and targets name, which this client verified.
fn verified(gun: &Gun, home: &Home) -> Option<BTreeSet<KeyId>> {
    let memory = home.repository(gun).recall().ok()??;
    let kept = memory.root().into_iter().chain(memory.files.values());
    let documents = kept.filter_map(|kept| Document::parse(&kept.bytes).ok());
    Some(
        documents
            .flat_map(|document| keyids_of(&document))
            .collect(),
    )
}

/// The keys that a server's newest root and targets of a repository name; none where it does not
/// say.
async fn published(
    gun: &Gun,
    server: &impl Fn(&Gun) -> anyhow::Result<Server>,
) -> Option<Vec<KeyId>> {
    let server = server(gun).ok()?;
    let mut keyids = Vec::new();
    for role in ["root", "targets"] {
        let bytes = server.fetch(gun, role).await.ok()?;
        let document = bytes.and_then(|bytes| Document::parse(&bytes).ok());
        keyids.extend(document.as_ref().map(keyids_of).unwrap_or_default());
    }
    Some(keyids)
}

/// The canonical ids of the keys that a document names.
pub(super) fn keyids_of(document: &Document) -> Vec<KeyId> {
    let keys: Vec<Key> = match (document.root(), document.view(RoleType::Targets)) {
        (Ok(root), _) => root.keys.into_values().collect(),
        (_, Ok(View::Targets(targets))) => {
            let delegations = targets.delegations.into_iter();
            delegations.flat_map(|all| all.keys.into_values()).collect()
        }
        _ => Vec::new(),
    };
    keys.iter().filter_map(Key::canonical_keyid).collect()
}

/// The keys that metadata in these directories names, of each repository.
fn named_in(directories: &[KeyDirectory]) -> BTreeMap<String, BTreeSet<KeyId>> {
    let mut named: BTreeMap<String, BTreeSet<KeyId>> = BTreeMap::new();
    for directory in directories {
        let top = directory.trust().join("tuf");
        let mut left = MAX_FILES;
        walk(&top, 0, &mut left, &mut |path| {
            if let Some(gun) = repository(&top, path) {
                named.entry(gun).or_default().extend(keys_in(path));
            }
        });
    }
    named
}

/// The repository that a file is of: `tuf/GUN/metadata/ROLE.json`.
fn repository(top: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(top).ok()?.to_str()?;
    let (gun, role) = below.split_once("/metadata/")?;
    role.ends_with(".json").then(|| gun.to_owned())
}

fn walk(directory: &Path, depth: usize, left: &mut usize, found: &mut impl FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => walk(&path, depth + 1, left, found),
            Ok(kind) if kind.is_file() => found(&path),
            _ => {}
        }
    }
}

fn keys_in(path: &Path) -> Vec<KeyId> {
    let read = read_at_most(path, MAX_BYTES);
    let document = read.ok().and_then(|bytes| Document::parse(&bytes).ok());
    document.as_ref().map(keyids_of).unwrap_or_default()
}
