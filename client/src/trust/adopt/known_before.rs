use std::collections::BTreeMap;
use std::path::Path;

use privyseal_tuf::{Dialect, Document, Requirement, Role, RoleType, View};

use crate::file::read_at_most;
use crate::trust::docker_keys::KeyDirectory;
use crate::trust::home::{HomeError, Kept, Memory, RepositoryHome, TrustedBy, TrustedSince};
use crate::trust::pull::MOST_ROLES;

/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// Trusts the newest root that docker or notary knew of a repository, where this client knows none
/// of it, and remembers what they last saw of it, which is not taken back. Returns the root's version
/// where it did.
///
/// A file that is missing, or not what it should be, says nothing. What was seen of a role counts
/// only as far as keys that still are its own signed it: see [`crate::trust::pull`].
///
/// # Errors
/// Where it can't be remembered.
pub(super) fn trust_what_was_known(
    directories: &[KeyDirectory],
    home: &RepositoryHome,
    now: i64,
) -> Result<Option<u64>, HomeError> {
    let gun = home.gun().as_str();
    let known = directories.iter().filter_map(|directory| {
        let root = read_root(&directory.metadata(gun, "root"))?;
        Some((directory, root))
    });
    let Some((directory, root)) = known.max_by_key(|(_, root)| root.version) else {
        return Ok(None);
    };
    let lock = home.lock()?;
    if lock.recall()?.is_some() {
        return Ok(None);
    }
    let version = root.version;
    lock.remember(&Memory {
        trusted: TrustedSince {
            version,
            sha256: root.sha256(),
            at: now,
            by: TrustedBy::FirstUse,
        },
        roots: vec![root],
        files: seen(directory, gun),
    })?;
    Ok(Some(version))
}

/// What was last seen of the other roles, by their names.
fn seen(directory: &KeyDirectory, gun: &str) -> BTreeMap<String, Kept> {
    let mut files = BTreeMap::new();
    let mut roles = vec![
        RoleType::Timestamp.into(),
        RoleType::Snapshot.into(),
        Role::TARGETS,
    ];
    while let Some(role) = roles.pop() {
        let read = read(&directory.metadata(gun, role.as_str()));
        let Some((document, bytes)) = read else {
            continue;
        };
        let Ok(view) = document.view(role.kind()) else {
            continue;
        };
        files.insert(role.to_string(), Kept::new(view.version(), bytes));
        if let View::NotarySnapshot(snapshot) = view {
            let names = snapshot.delegations.keys();
            let delegated = names.filter_map(|name| name.as_str().parse().ok());
            roles.extend(delegated.map(Role::Delegated).take(MOST_ROLES));
        }
    }
    files
}

fn read_root(path: &Path) -> Option<Kept> {
    let (document, bytes) = read(path)?;
    let root = document.root().ok()?;
    let is_whole = Requirement::of(&root, RoleType::Root)
        .tally(&document)
        .is_met();
    is_whole.then(|| Kept::new(root.header.version, bytes))
}

fn read(path: &Path) -> Option<(Document, Vec<u8>)> {
    let bytes = read_at_most(path, MAX_BYTES).ok()?;
    let document = Document::parse(&bytes).ok()?;
    (document.dialect() == Dialect::Notary).then_some((document, bytes))
}
