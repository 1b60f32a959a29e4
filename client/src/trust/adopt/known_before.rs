use std::fs::File;
use std::io::Read;
use std::path::Path;

use privyseal_tuf::{Dialect, Document, Requirement, RoleType};

use crate::trust::docker_keys::KeyDirectory;
use crate::trust::home::{HomeError, Kept, Memory, RepositoryHome, TrustedBy, TrustedSince};

/// The longest root that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// Trusts the newest root that docker or notary knew of a repository, where this client knows none
/// of it. Returns the root's version where it did.
///
/// A file that is missing, or no root, says nothing.
///
/// # Errors
/// Where it can't be remembered.
pub fn trust_what_was_known(
    directories: &[KeyDirectory],
    home: &RepositoryHome,
    now: i64,
) -> Result<Option<u64>, HomeError> {
    let known = directories.iter().filter_map(|directory| {
        let path = directory.metadata(home.gun().as_str(), "root");
        read(&path)
    });
    let Some(root) = known.max_by_key(|root| root.version) else {
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
        files: Default::default(),
    })?;
    Ok(Some(version))
}

fn read(path: &Path) -> Option<Kept> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > MAX_BYTES {
        return None;
    }
    let document = Document::parse(&bytes).ok()?;
    let root = document.root().ok()?;
    let is_whole = Requirement::of(&root, RoleType::Root)
        .tally(&document)
        .is_met();
    (is_whole && document.dialect() == Dialect::Notary)
        .then(|| Kept::new(root.header.version, bytes))
}
