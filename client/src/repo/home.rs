use std::collections::{BTreeMap, BTreeSet};

use privyseal_tuf::{
    DelegatedRoles, Delegations, Role, RoleName, Scope, Sha256Digest, TargetPath, Targets,
};

use super::work::Work;
use crate::failure::Advice;

/// Says which role a target path belongs to.
#[derive(Debug)]
pub struct Homes<'a> {
    work: &'a Work,
    /// Each role is read once; there are few, since no bin is searched for more than it lists.
    known: BTreeMap<Role, Known>,
}

/// What a role lists and delegates.
#[derive(Debug)]
struct Known {
    targets: Option<Targets>,
    bins: Bins,
}

/// The bins that a role delegates to.
#[derive(Debug, Default)]
struct Bins {
    /// By hash prefix.
    listed: BTreeMap<String, RoleName>,
    /// How many digits prefixes have.
    lengths: BTreeSet<usize>,
}

impl<'a> Homes<'a> {
    /// In a repository with its drafts.
    pub fn of(work: &'a Work) -> Self {
        Self {
            work,
            known: BTreeMap::new(),
        }
    }

    /// The role that a path is to be added to: `chosen`, or the top-level targets, or the bin of
    /// theirs that it falls into.
    ///
    /// # Errors
    /// Where the path is another role's, or the chosen role is not trusted with it.
    pub fn of_new(&mut self, path: &TargetPath, chosen: Option<&Role>) -> anyhow::Result<Role> {
        let start = chosen.unwrap_or(&Role::TARGETS).clone();
        if let Some(name) = start.delegated() {
            self.refuse_outside(name, path)?;
        }
        let known = self.known(&start)?;
        if known.lists(path) {
            return Ok(start);
        }
        if let Some(bin) = known.bin(path) {
            return Ok(bin);
        }
        if chosen.is_none()
            && let Some(name) = known.role(path)
        {
            return Err(Advice::failed(
                format!("{path} is delegated to {name}"),
                format!(
                    "add it with --role {name}, or with --role targets to take it from that role"
                ),
            )
            .into());
        }
        Ok(start)
    }

    /// The role that lists a path, as a client finds it.
    pub fn of_listed(&mut self, path: &TargetPath) -> anyhow::Result<Option<Role>> {
        let mut asked = BTreeSet::new();
        let mut open = vec![Role::TARGETS];
        while let Some(role) = open.pop() {
            if !asked.insert(role.clone()) {
                continue;
            }
            let known = self.known(&role)?;
            if known.lists(path) {
                return Ok(Some(role));
            }
            let mut below: Vec<Role> = known.roles(path).into_iter().map(Role::from).collect();
            below.reverse();
            open.extend(below);
        }
        Ok(None)
    }

    fn refuse_outside(&mut self, name: &RoleName, path: &TargetPath) -> anyhow::Result<()> {
        let above = self.work.delegators_of(name);
        for by in &above {
            let delegations = self.known(by)?.delegations();
            let role = delegations.and_then(|delegations| delegations.role(name));
            if role.is_some_and(|role| role.scope.covers(path)) {
                return Ok(());
            }
        }
        Err(Advice::failed(
            format!("{name} is not trusted with {path}: clients would not look for it there"),
            "`privyseal repo roles` shows the paths of each role; `privyseal repo delegate` changes them",
        )
        .into())
    }

    fn known(&mut self, role: &Role) -> anyhow::Result<&Known> {
        // No entry API: reading can fail.
        if !self.known.contains_key(role) {
            let document = self.work.current(role)?;
            let targets = document.map(|document| document.targets()).transpose()?;
            let delegations = targets.as_ref().and_then(|view| view.delegations.as_ref());
            let bins = delegations.map(Bins::of).unwrap_or_default();
            self.known.insert(role.clone(), Known { targets, bins });
        }
        let missing = || anyhow::anyhow!("{role} was not read");
        self.known.get(role).ok_or_else(missing)
    }
}

impl Known {
    fn lists(&self, path: &TargetPath) -> bool {
        let targets = self.targets.as_ref();
        targets.is_some_and(|view| view.targets.contains_key(path))
    }

    fn delegations(&self) -> Option<&Delegations> {
        self.targets.as_ref()?.delegations.as_ref()
    }

    /// The bin that a path falls into.
    fn bin(&self, path: &TargetPath) -> Option<Role> {
        match &self.delegations()?.roles {
            DelegatedRoles::Succinct(succinct) => Some(succinct.name_of(path).into()),
            DelegatedRoles::Listed(_) => self.bins.of_path(path),
        }
    }

    /// The first role that is trusted with a path by a pattern.
    fn role(&self, path: &TargetPath) -> Option<RoleName> {
        let DelegatedRoles::Listed(roles) = &self.delegations()?.roles else {
            return None;
        };
        let mut roles = roles
            .iter()
            .filter(|role| matches!(role.scope, Scope::Paths(_)));
        roles
            .find(|role| role.scope.covers(path))
            .map(|role| role.name.clone())
    }

    /// The roles that are trusted with a path, in their order; of those after a terminating one, none.
    fn roles(&self, path: &TargetPath) -> Vec<RoleName> {
        let Some(delegations) = self.delegations() else {
            return Vec::new();
        };
        if let Some(bin) = self.bin(path).and_then(|bin| bin.delegated().cloned()) {
            return vec![bin];
        }
        let mut names = Vec::new();
        for role in delegations.of(path) {
            names.push(role.name);
            if role.terminating {
                break;
            }
        }
        names
    }
}

impl Bins {
    fn of(delegations: &Delegations) -> Self {
        let mut bins = Self::default();
        if let DelegatedRoles::Listed(roles) = &delegations.roles {
            for role in roles {
                let Scope::HashPrefixes(prefixes) = &role.scope else {
                    continue;
                };
                for prefix in prefixes {
                    let prefix = prefix.to_string();
                    bins.lengths.insert(prefix.len());
                    bins.listed
                        .entry(prefix)
                        .or_insert_with(|| role.name.clone());
                }
            }
        }
        bins
    }

    fn of_path(&self, path: &TargetPath) -> Option<Role> {
        if self.listed.is_empty() {
            return None;
        }
        let hash = Sha256Digest::of(path.as_str().as_bytes()).to_string();
        let mut prefixes = self.lengths.iter().filter_map(|length| hash.get(..*length));
        let name = prefixes.find_map(|prefix| self.listed.get(prefix))?;
        Some(name.clone().into())
    }
}
