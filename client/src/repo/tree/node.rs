use std::collections::BTreeSet;

use privyseal_tuf::{Document, KeyId, Role, RoleKeys, RoleType, Scope};
use serde::Serialize;

use super::group::{BinGroup, Delegatee, Members, delegatees};
use super::{Branch, branches};
use crate::repo::delegation::notes;
use crate::repo::settings::Settings;
use crate::repo::status::RoleVersion;
use crate::repo::work::Work;

/// A role where it stands in the tree: one that several roles delegate to comes several times.
#[derive(Clone, Debug, Serialize)]
pub struct RoleNode {
    /// Its name; of hashed bins, `PREFIX-*`.
    pub role: String,
    /// The role whose metadata says what follows: `root`, or a delegator.
    pub by: String,
    /// How many delegations lead here from the top-level targets.
    pub depth: usize,
    /// Its place among what `by` delegates: 1 is asked first.
    pub place: Option<usize>,
    /// How many keys must sign.
    pub threshold: u32,
    /// Which may.
    pub keys: Vec<RoleKey>,
    /// The patterns of the paths that it is trusted with.
    pub paths: Option<Vec<String>>,
    /// The beginnings of the SHA-256 of the paths that it is trusted with.
    pub hash_prefixes: Option<Vec<String>>,
    /// Whether the search for a path that it is trusted with ends here.
    pub terminating: bool,
    /// What clients see.
    pub published: Option<RoleVersion>,
    /// The version of its draft.
    pub draft: Option<u64>,
    /// How many targets it lists, drafts included.
    pub targets: Option<usize>,
    /// Of hashed bins.
    pub bins: Option<BinsNode>,
    /// False where `privyseal.toml` says nothing of it.
    pub in_settings: bool,
    /// What a person should know of what it delegates.
    pub notes: Vec<String>,
}

/// Hashed bins as one.
#[derive(Clone, Debug, Serialize)]
pub struct BinsNode {
    /// How many there are.
    pub count: u64,
    /// How many are published.
    pub published: usize,
    /// How many have a draft.
    pub drafts: usize,
    /// Whether they are written in TAP 15's short form.
    pub succinct: bool,
}

/// A key of a role.
#[derive(Clone, Debug, Serialize)]
pub struct RoleKey {
    /// Its keyid.
    pub keyid: String,
    /// Whose it is, where `privyseal.toml` says it.
    pub owner: Option<String>,
    /// The agent that holds it and its name there, `agent:name`; none signs by other means.
    pub held: Option<String>,
}

/// The four roles, and what is delegated, from the top down, in the order of priority.
pub fn tree(settings: &Settings, work: &Work) -> anyhow::Result<Vec<RoleNode>> {
    let branches = branches(work)?;
    let builder = Builder {
        settings,
        work,
        branches: &branches,
    };
    let mut nodes = Vec::new();
    let Some(root) = work.roots().last() else {
        return Ok(nodes);
    };
    for (top, keys) in root.roles.iter() {
        nodes.push(builder.top(top, keys)?);
        if top == RoleType::Targets {
            builder.below(&mut nodes)?;
        }
    }
    Ok(nodes)
}

struct Builder<'a> {
    settings: &'a Settings,
    work: &'a Work,
    branches: &'a [Branch],
}

impl Builder<'_> {
    fn top(&self, top: RoleType, keys: &RoleKeys) -> anyhow::Result<RoleNode> {
        let mut node = self.node(&top.into(), keys, ("root", 0, None))?;
        node.in_settings = true;
        Ok(node)
    }

    /// All that is below the top-level targets. What a role that came before delegates is not told
    /// again.
    fn below(&self, nodes: &mut Vec<RoleNode>) -> anyhow::Result<()> {
        let mut told = BTreeSet::new();
        let mut open = Vec::new();
        self.open(&Role::TARGETS, 1, &mut told, &mut open);
        while let Some((by, depth, place, delegatee)) = open.pop() {
            let position = (by.as_str(), depth, Some(place));
            match delegatee {
                Delegatee::Bins(group) => nodes.push(self.bins(&group, position)),
                Delegatee::One(role) => {
                    let name = Role::from(role.name);
                    let mut node = self.node(&name, &role.keys, position)?;
                    node.terminating = role.terminating;
                    match &role.scope {
                        Scope::Paths(paths) => node.paths = Some(texts(paths)),
                        Scope::Prefixes(prefixes) => node.paths = Some(prefixes.clone()),
                        Scope::HashPrefixes(prefixes) => node.hash_prefixes = Some(texts(prefixes)),
                    }
                    nodes.push(node);
                    self.open(&name, depth + 1, &mut told, &mut open);
                }
            }
        }
        Ok(())
    }

    /// Puts what a role delegates on the heap, first things on top.
    fn open(
        &self,
        by: &Role,
        depth: usize,
        told: &mut BTreeSet<Role>,
        open: &mut Vec<(Role, usize, usize, Delegatee)>,
    ) {
        let Some(branch) = self.branches.iter().find(|branch| branch.by == *by) else {
            return;
        };
        if told.insert(by.clone()) {
            let delegatees = (1..).zip(delegatees(&branch.delegations));
            let mut below: Vec<_> = delegatees
                .map(|(place, delegatee)| (by.clone(), depth, place, delegatee))
                .collect();
            below.reverse();
            open.append(&mut below);
        }
    }

    fn node(
        &self,
        role: &Role,
        keys: &RoleKeys,
        (by, depth, place): (&str, usize, Option<usize>),
    ) -> anyhow::Result<RoleNode> {
        let published = self.work.published().document(role)?;
        let current = self.work.current(role)?;
        let version = |document: &Document| RoleVersion::of(self.settings, role, document);
        let draft = self.work.draft(role).and_then(|draft| version(draft));
        let targets = match (role.kind(), current) {
            (RoleType::Targets, Some(document)) => Some(document.targets()?.targets.len()),
            _ => None,
        };
        let branch = self.branches.iter().find(|branch| branch.by == *role);
        let in_settings = role
            .delegated()
            .is_some_and(|name| self.settings.delegated.get(name).is_some());
        Ok(RoleNode {
            role: role.to_string(),
            by: by.to_owned(),
            depth,
            place,
            threshold: keys.threshold,
            keys: self.keys(&keys.keyids),
            paths: None,
            hash_prefixes: None,
            terminating: false,
            published: published.and_then(|document| version(&document)),
            draft: draft.map(|draft| draft.version),
            targets,
            bins: None,
            in_settings,
            notes: branch.map_or_else(Vec::new, |branch| notes(&branch.delegations)),
        })
    }

    fn bins(&self, group: &BinGroup, (by, depth, place): (&str, usize, Option<usize>)) -> RoleNode {
        let known = self.settings.delegated.iter();
        RoleNode {
            role: group.name.clone(),
            by: by.to_owned(),
            depth,
            place,
            threshold: group.keys.threshold,
            keys: self.keys(&group.keys.keyids),
            paths: None,
            hash_prefixes: None,
            terminating: group.terminating,
            published: None,
            draft: None,
            targets: None,
            bins: Some(BinsNode {
                count: group.count(),
                published: group.published(self.work).len(),
                drafts: group.drafted(self.work).len(),
                succinct: matches!(group.members, Members::Succinct(_)),
            }),
            in_settings: known.map(|(name, _)| name).any(|name| name == group.name),
            notes: Vec::new(),
        }
    }

    fn keys(&self, keyids: &[KeyId]) -> Vec<RoleKey> {
        let known = |keyid: &KeyId| self.settings.keys().find(|key| key.keyid == *keyid);
        let key = |keyid: &KeyId| RoleKey {
            keyid: keyid.to_string(),
            owner: known(keyid).map(|key| key.owner()),
            held: known(keyid).and_then(|key| Some(key.holder.as_ref()?.to_string())),
        };
        keyids.iter().map(key).collect()
    }
}

fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}
