//! What a snapshot of notary's dialect lists: files, whose versions the agent knows where it was
//! shown them.

use std::collections::BTreeMap;

use privyseal_tuf::{Role, RoleName, RoleType, Sha256Digest, notary};

use super::{Known, RoleHistory, entries::Entered};

/// An entry of such a snapshot.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The role whose file it is.
    pub role: Role,
    /// What it says of the file.
    pub file: &'a notary::FileMeta,
    /// The version that was shown as this file: the last of the role, its highest final one, or the
    /// one that the last snapshot listed.
    pub version: Option<u64>,
}

impl Known {
    /// The entries of a snapshot, each with its version.
    #[must_use]
    pub fn listed<'a>(&self, snapshot: &'a notary::Snapshot) -> Vec<Listed<'a>> {
        let top = [
            (RoleType::Root, &snapshot.root),
            (RoleType::Targets, &snapshot.targets),
        ];
        let top = top.into_iter().map(|(role, file)| {
            let (role, history) = (Role::from(role), self.state.history(role));
            let version = self.version_of(&role, file, Some(history));
            (role, file, version)
        });
        let delegated = self.delegated();
        let others = snapshot.delegations.iter().filter_map(|(name, file)| {
            // Every name of a delegation is one of a role.
            let name: RoleName = name.as_str().parse().ok()?;
            let history = delegated.history(&name).map(AsRef::as_ref);
            let role = Role::from(name);
            let version = self.version_of(&role, file, history);
            Some((role, file, version))
        });
        let all = top.chain(others);
        let listed = all.map(|(role, file, version)| Listed {
            role,
            file,
            version,
        });
        listed.collect()
    }

    fn version_of(
        &self,
        role: &Role,
        file: &notary::FileMeta,
        history: Option<&RoleHistory>,
    ) -> Option<u64> {
        let file = shown(file);
        let known = history.and_then(|history| history.of_file(&file));
        known.map(|known| known.version).or_else(|| {
            // Of versions that were signed since, none may be published.
            let (state, entry) = (&self.state, role.meta_name());
            let listed = state.snapshot_files.get(&entry) == Some(&file);
            let version = state.snapshot_entries.get(&entry).copied();
            version.filter(|_| listed)
        })
    }

    /// The versions that a snapshot lists, as far as they are known, each with its file, by the
    /// names of the entries that a snapshot of the specification would have.
    #[must_use]
    pub(super) fn versions_of(&self, snapshot: &notary::Snapshot) -> BTreeMap<String, Entered> {
        let listed = self.listed(snapshot).into_iter();
        let known = listed.filter_map(|entry| {
            Some((entry.role.meta_name(), (entry.version?, shown(entry.file))))
        });
        known.collect()
    }
}

fn shown(file: &notary::FileMeta) -> (u64, Sha256Digest) {
    (file.length, file.sha256)
}
