use privyseal_tuf::{Finding, Role, Searches, Target, TargetPath};

use super::report::Unfound;

/// Every entry for a target in the whole repository.
#[derive(Debug, Default)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    roles: Vec<Role>,
}

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: TargetPath,
    pub(super) target: Target,
    /// Place among the roles.
    role: usize,
}

impl Entries {
    /// Takes the targets of a role.
    pub(super) fn add(
        &mut self,
        role: Role,
        targets: impl IntoIterator<Item = (TargetPath, Target)>,
    ) {
        let place = self.roles.len();
        self.roles.push(role);
        let targets = targets.into_iter();
        self.entries.extend(targets.map(|(path, target)| Entry {
            path,
            // What the owner says of the file is nothing to verify.
            target: Target {
                custom: None,
                ..target
            },
            role: place,
        }));
    }

    /// All of them, where clients are known to find them.
    pub(super) fn into_found(self) -> Vec<Entry> {
        self.entries
    }

    /// Parts those that clients find from the others.
    pub(super) fn judge(mut self, searches: &Searches) -> (Vec<Entry>, Vec<Unfound>) {
        let names: Vec<&str> = self.roles.iter().map(Role::as_str).collect();
        // By role too: documents arrive in any order, and a report has one.
        self.entries.sort_by(|a, b| {
            let paths = a.path.cmp(&b.path);
            paths.then_with(|| names.get(a.role).cmp(&names.get(b.role)))
        });
        let (mut found, mut unfound) = (Vec::new(), Vec::new());
        let roles = self.roles;
        for group in self.entries.chunk_by(|a, b| a.path == b.path) {
            let holder = |entry: &Entry| roles.get(entry.role).cloned();
            let holders: Vec<Role> = group.iter().filter_map(holder).collect();
            let Some(path) = group.first().map(|entry| &entry.path) else {
                continue;
            };
            // The top-level targets are asked first for every path.
            if holders == [Role::TARGETS] {
                found.extend_from_slice(group);
                continue;
            }
            let order = searches.order(path);
            for (entry, role) in group.iter().zip(&holders) {
                match searches.judge(&order, role, &holders) {
                    Finding::Found => found.push(entry.clone()),
                    finding => unfound.push(Unfound {
                        path: path.clone(),
                        role: role.clone(),
                        finding,
                    }),
                }
            }
        }
        (found, unfound)
    }
}
