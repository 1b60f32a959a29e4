use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::Context;
use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, Document, KeyId, Role, RoleType, Root, Scope,
};

use super::keyholders::Keyholders;
use super::validity::{Validity, validity};
use crate::repo::published::Published;
use crate::repo::settings::{
    Delegated, DelegatedSettings, KeySettings, RoleSettings, Roles, bins_of,
};

/// The settings that go with a repository's metadata.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) roles: Roles,
    pub(super) delegated: Delegated,
    /// The same for a person.
    pub(super) told: Vec<ImportedRole>,
    pub(super) notes: Vec<String>,
}

/// How a role was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRole {
    /// Its name; `PREFIX-*` for hashed bins.
    pub name: String,
    /// How many roles that are.
    pub count: usize,
    /// How long new versions will be valid.
    pub validity: Validity,
    /// Who holds its keys.
    pub owners: Vec<String>,
}

/// Derives the settings from verified metadata. `now` is in Unix seconds.
pub(super) fn settle(
    published: &Published,
    keyholders: &Keyholders,
    now: i64,
) -> anyhow::Result<Settled> {
    let last = published.last(RoleType::Root).context("there is no root")?;
    let root = last.root()?;
    let mut told = Vec::new();
    let mut role = |role: RoleType| {
        let settings = top(published, last, &root, role, keyholders, now)?;
        told.push(ImportedRole {
            name: role.to_string(),
            count: 1,
            validity: settings.1,
            owners: settings.0.keys.iter().map(KeySettings::owner).collect(),
        });
        anyhow::Ok(settings.0)
    };
    let roles = Roles {
        root: role(RoleType::Root)?,
        targets: role(RoleType::Targets)?,
        snapshot: role(RoleType::Snapshot)?,
        timestamp: role(RoleType::Timestamp)?,
    };
    let mut tree = Tree::new(published, last, keyholders, now);
    tree.grow()?;
    let mut delegated = Delegated::default();
    for (name, entry) in tree.entries {
        let validity = entry
            .validity
            .with_context(|| format!("{name} was not read"))?;
        told.push(ImportedRole {
            name: name.clone(),
            count: entry.count,
            validity,
            owners: entry.keys.values().map(KeySettings::owner).collect(),
        });
        let settings = DelegatedSettings {
            by: entry.by,
            expires: validity.period,
            keys: entry.keys.into_values().collect(),
        };
        delegated.insert(name, settings);
    }
    Ok(Settled {
        roles,
        delegated,
        told,
        notes: tree.notes,
    })
}

fn top(
    published: &Published,
    last: &Document,
    root: &Root,
    role: RoleType,
    keyholders: &Keyholders,
    now: i64,
) -> anyhow::Result<(RoleSettings, Validity)> {
    let document = published.last(role);
    let document = document.with_context(|| format!("there is no {role} metadata"))?;
    let before = match role {
        RoleType::Root => published.roots.iter().nth_back(1),
        _ => None,
    };
    let before = before.map(|before| before.root()).transpose()?;
    let before = before.map(|before| before.header.expires.seconds());
    let validity = validity(&role.into(), document, last, before, now)?;
    let keys = root.roles.get(role);
    let settle = |keyid: &KeyId| Some(keyholders.settle(keyid, root.keys.get(keyid)?));
    let settings = RoleSettings {
        threshold: keys.threshold,
        expires: validity.period,
        keys: keys.keyids.iter().filter_map(settle).collect(),
    };
    Ok((settings, validity))
}

/// The delegated roles, found from the top-level targets down.
struct Tree<'a> {
    published: &'a Published,
    root: &'a Document,
    keyholders: &'a Keyholders,
    now: i64,
    /// By the names that they have in the settings.
    entries: BTreeMap<String, Entry>,
    /// Who delegates to a role.
    above: BTreeMap<Role, BTreeSet<Role>>,
    /// Roles whose documents are to be read, with the names of their entries.
    open: VecDeque<(Role, Option<String>)>,
    notes: Vec<String>,
}

#[derive(Default)]
struct Entry {
    by: Vec<Role>,
    keys: BTreeMap<KeyId, KeySettings>,
    validity: Option<Validity>,
    count: usize,
}

impl<'a> Tree<'a> {
    fn new(
        published: &'a Published,
        root: &'a Document,
        keyholders: &'a Keyholders,
        now: i64,
    ) -> Self {
        Self {
            published,
            root,
            keyholders,
            now,
            entries: BTreeMap::new(),
            above: BTreeMap::new(),
            open: VecDeque::from([(Role::TARGETS, None)]),
            notes: Vec::new(),
        }
    }

    fn grow(&mut self) -> anyhow::Result<()> {
        while let Some((role, name)) = self.open.pop_front() {
            let document = self.published.document(&role)?;
            let document = document.with_context(|| format!("{role} was not read"))?;
            if let Some(entry) = name.and_then(|name| self.entries.get_mut(&name)) {
                let validity = validity(&role, &document, self.root, None, self.now)?;
                // Of many bins, the one that is valid longest counts.
                entry.validity = Some(entry.validity.map_or(validity, |known| known.max(validity)));
                entry.count += 1;
            }
            if let Some(delegations) = document.targets()?.delegations {
                self.branch(&role, &delegations);
            }
        }
        Ok(())
    }

    fn branch(&mut self, by: &Role, delegations: &Delegations) {
        let way_up = self.way_up(by);
        match &delegations.roles {
            DelegatedRoles::Listed(roles) => {
                let roles = roles.iter();
                roles.for_each(|role| self.take(by, role, delegations, &way_up));
            }
            DelegatedRoles::Succinct(succinct) => {
                let roles = succinct.names().filter_map(|name| succinct.role(&name));
                roles.for_each(|role| self.take(by, &role, delegations, &way_up));
            }
        }
    }

    fn take(
        &mut self,
        by: &Role,
        delegated: &DelegatedRole,
        delegations: &Delegations,
        way_up: &BTreeSet<Role>,
    ) {
        let role = Role::from(delegated.name.clone());
        if way_up.contains(&role) {
            self.notes.push(format!(
                "{by} delegates back to {role}, to which it is delegated itself: what {role} signs is not held against that"
            ));
            return;
        }
        let bins = match delegated.scope {
            Scope::HashPrefixes(_) => bins_of(&delegated.name),
            Scope::Paths(_) | Scope::Prefixes(_) => None,
        };
        let name = bins.unwrap_or_else(|| role.to_string());
        let entry = self.entries.entry(name.clone()).or_default();
        if !entry.by.contains(by) {
            entry.by.push(by.clone());
        }
        for keyid in &delegated.keys.keyids {
            if let Some(key) = delegations.keys.get(keyid)
                && !entry.keys.contains_key(keyid)
            {
                entry
                    .keys
                    .insert(keyid.clone(), self.keyholders.settle(keyid, key));
            }
        }
        let above = self.above.entry(role.clone()).or_default();
        if above.is_empty() {
            self.open.push_back((role, Some(name)));
        }
        above.insert(by.clone());
    }

    /// A role and all those above it.
    fn way_up(&self, role: &Role) -> BTreeSet<Role> {
        let mut way_up = BTreeSet::new();
        let mut open = vec![role];
        while let Some(role) = open.pop() {
            if way_up.insert(role.clone()) {
                open.extend(self.above.get(role).into_iter().flatten());
            }
        }
        way_up
    }
}
