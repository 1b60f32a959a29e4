//! Whom targets metadata trusts with which paths, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, delegations_of, list_of, member};
use super::scopes::{Effort, Scopes};
use super::{Cause, Danger};
use crate::json::Object;
use crate::{Change, KeyId, RolePlace, ScopeEntry};

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    let mut before = Before::new(case);
    for (at, change) in case.changes() {
        let causes: [Option<Cause>; 2] = match change {
            Change::DelegationAdded { role, before } => {
                let other = before.clone();
                [
                    other.map(|other| Cause::AskedBefore { other }),
                    is_own(case, role).then_some(Cause::SelfDelegation),
                ]
            }
            Change::DelegationRemoved { .. } => [Some(Cause::DroppedDelegation), None],
            Change::DelegationMoved { .. } => [Some(Cause::Moved), None],
            Change::Terminating {
                old: Some(_),
                new: Some(_),
                ..
            } => [Some(Cause::Terminating), None],
            Change::ScopeAdded { role, entry } => [before.widened(role, entry), problem(entry)],
            Change::Bins { old: Some(_), new } => {
                let cause = match new {
                    Some(_) => Cause::RenamedBins,
                    None => Cause::DroppedDelegation,
                };
                [Some(cause), None]
            }
            _ => continue,
        };
        let change = Some(at);
        let causes = causes.into_iter().flatten();
        dangers.extend(causes.map(|cause| Danger { change, cause }));
    }
}

fn is_own(case: &Case<'_>, role: &RolePlace) -> bool {
    matches!(role, RolePlace::Delegated { name, .. } if *name == case.context.role.as_str())
}

fn problem(entry: &ScopeEntry) -> Option<Cause> {
    match entry {
        ScopeEntry::Path(pattern) => pattern.problem().map(Cause::BadPattern),
        ScopeEntry::HashPrefix(_) => None,
    }
}

/// The delegations as they were.
struct Before<'a> {
    case: &'a Case<'a>,
    roles: BTreeMap<&'a str, &'a Object>,
    /// The keys of bins, which have any path.
    of_bins: BTreeSet<&'a str>,
    /// What each key had, once it is asked for.
    by_key: Option<BTreeMap<&'a str, Scopes>>,
    /// What the role had that was asked for last.
    last: Option<(&'a str, Scopes)>,
    effort: Effort,
}

impl<'a> Before<'a> {
    fn new(case: &'a Case<'a>) -> Self {
        let delegations = case.old.and_then(|old| member(old.signed(), "delegations"));
        let bins = delegations.and_then(|delegations| member(delegations, "succinct_roles"));
        Self {
            case,
            roles: case
                .old
                .map(|old| delegations_of(old.signed()))
                .unwrap_or_default(),
            of_bins: bins
                .into_iter()
                .flat_map(|bins| list_of(bins, "keyids"))
                .collect(),
            by_key: None,
            last: None,
            effort: Effort::default(),
        }
    }

    /// Whether a role gets paths with `entry` that it, or where it is new, one of its keys, did not
    /// have.
    fn widened(&mut self, role: &RolePlace, entry: &ScopeEntry) -> Option<Cause> {
        let RolePlace::Delegated { name, .. } = role else {
            return None;
        };
        match self.roles.get_key_value(name.as_str()) {
            Some((name, old)) => {
                if self.last.as_ref().is_none_or(|(last, _)| last != name) {
                    self.last = Some((*name, Scopes::of(old)));
                }
                let (_, scopes) = self.last.as_ref()?;
                let covered = scopes.cover(entry, &mut self.effort);
                (!covered).then_some(Cause::WidenedPath)
            }
            None => self.widened_key(role, entry),
        }
    }

    fn widened_key(&mut self, role: &RolePlace, entry: &ScopeEntry) -> Option<Cause> {
        let (case, roles) = (self.case, &self.roles);
        let by_key = self.by_key.get_or_insert_with(|| by_key(roles));
        let keyids = role.find(case.new.signed()).into_iter();
        for keyid in keyids.flat_map(|role| list_of(role, "keyids")) {
            let Some(scopes) = by_key.get(keyid) else {
                continue;
            };
            if !self.of_bins.contains(keyid) && !scopes.cover(entry, &mut self.effort) {
                let keyid = KeyId::from(keyid);
                return Some(Cause::WidenedKey { keyid });
            }
        }
        None
    }
}

fn by_key<'a>(roles: &BTreeMap<&'a str, &'a Object>) -> BTreeMap<&'a str, Scopes> {
    let mut by_key: BTreeMap<&str, Scopes> = BTreeMap::new();
    for role in roles.values() {
        for keyid in list_of(role, "keyids") {
            by_key.entry(keyid).or_default().add(role);
        }
    }
    by_key
}
