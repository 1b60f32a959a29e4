use std::collections::BTreeMap;

use super::super::walk::Pair;
use super::super::{Change, RolePlace};
use super::{delegation, order};
use crate::json::{JsonPath, Value};

/// `signed.delegations.roles`: by name, since their order is a statement of its own. Says nothing
/// where a role has no name or a name stands twice.
pub(super) fn roles(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    let Some((old, new)) = pair.both(named) else {
        return;
    };
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let (Some(before), Some(after)) = (by_name(&old), by_name(&new)) else {
        return;
    };
    let places: Vec<Option<usize>> = new
        .iter()
        .map(|(name, _)| before.get(name).copied())
        .collect();
    let moved = order::moved(&places);
    let following = following(&new, &places);
    for (index, (((name, value), from), (moved, next))) in new
        .iter()
        .zip(&places)
        .zip(moved.iter().zip(following))
        .enumerate()
    {
        let role = place(name, index);
        let before = next.map(str::to_owned);
        let was = from.and_then(|from| old.get(from)).map(|(_, value)| *value);
        match from {
            None => changes.push(Change::DelegationAdded {
                role: role.clone(),
                before,
            }),
            Some(from) if *moved => changes.push(Change::DelegationMoved {
                role: role.clone(),
                from: *from,
                before,
            }),
            Some(_) => {}
        }
        let pair = Pair {
            old: was,
            new: Some(value),
        };
        if pair.old != pair.new {
            delegation(&role, &path.index(index), pair, changes);
        }
    }
    for (index, (name, value)) in old.iter().enumerate() {
        if !after.contains_key(name) {
            let role = place(name, index);
            changes.push(Change::DelegationRemoved { role: role.clone() });
            let pair = Pair {
                old: Some(value),
                new: None,
            };
            delegation(&role, &path.index(index), pair, changes);
        }
    }
}

type Named<'a> = (&'a str, &'a Value);

fn named(roles: &Value) -> Option<Vec<Named<'_>>> {
    let named = |role| -> Option<Named<'_>> {
        let name = Value::as_object(role)?.get("name")?.as_str()?;
        Some((name, role))
    };
    roles.as_array()?.iter().map(named).collect()
}

/// The place of each name; none where one stands twice.
fn by_name<'a>(roles: &[Named<'a>]) -> Option<BTreeMap<&'a str, usize>> {
    let names = roles.iter().enumerate().map(|(at, (name, _))| (*name, at));
    let names: BTreeMap<_, _> = names.collect();
    (names.len() == roles.len()).then_some(names)
}

/// For each role the next one that was there before.
fn following<'a>(new: &[Named<'a>], places: &[Option<usize>]) -> Vec<Option<&'a str>> {
    let mut next = None;
    let mut following: Vec<_> = new
        .iter()
        .zip(places)
        .rev()
        .map(|((name, _), place)| {
            let this = next;
            next = place.map(|_| *name).or(next);
            this
        })
        .collect();
    following.reverse();
    following
}

fn place(name: &str, index: usize) -> RolePlace {
    RolePlace::Delegated {
        name: name.to_owned(),
        index,
    }
}
