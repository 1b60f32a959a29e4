//! What a snapshot of notary's dialect lists: files, whose versions the agent knows where it was
//! shown them.

use std::collections::BTreeMap;

use privyseal_tuf::{Role, RoleName, RoleType, Sha256Digest, notary};

use super::Known;

/// An entry of such a snapshot.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The role whose file it is.
    pub role: Role,
    /// What it says of the file.
    pub file: &'a notary::FileMeta,
    /// The version that was shown as this file: the last of the role, or its highest final one.
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
            let version = self.state.history(role).of_file(&shown(file));
            (role.into(), file, version.map(|version| version.version))
        });
        let delegated = self.delegated();
        let others = snapshot.delegations.iter().filter_map(|(name, file)| {
            // Every name of a delegation is one of a role.
            let name: RoleName = name.as_str().parse().ok()?;
            let history = delegated.history(&name);
            let version = history.and_then(|history| history.of_file(&shown(file)));
            let version = version.map(|version| version.version);
            Some((name.into(), file, version))
        });
        let all = top.chain(others);
        let listed = all.map(|(role, file, version)| Listed {
            role,
            file,
            version,
        });
        listed.collect()
    }

    /// The versions that a snapshot lists, as far as they are known, by the names of the entries
    /// that a snapshot of the specification would have.
    #[must_use]
    pub fn versions_of(&self, snapshot: &notary::Snapshot) -> BTreeMap<String, u64> {
        let listed = self.listed(snapshot).into_iter();
        let known = listed.filter_map(|entry| Some((entry.role.meta_name(), entry.version?)));
        known.collect()
    }
}

fn shown(file: &notary::FileMeta) -> (u64, Sha256Digest) {
    (file.length, file.sha256)
}
