use std::collections::BTreeSet;

use super::Change;
use super::walk::{Pair, walk};
use crate::json::{JsonPath, Value};

/// A list of texts, of which each counts once and the order means nothing. Another order or a text
/// that stands twice is told all the same. Says nothing where a side is no such list.
pub(super) fn texts(
    path: &JsonPath,
    pair: Pair<'_>,
    changes: &mut Vec<Change>,
    change: impl Fn(&str, Side) -> Option<Change>,
) {
    let Some((old, new)) = pair.both(read) else {
        return;
    };
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (old.iter().copied().collect(), new.iter().copied().collect());
    let added = alone(&new, &before).map(|text| (text, Side::Added));
    let removed = alone(&old, &after).map(|text| (text, Side::Removed));
    let told: Option<Vec<Change>> = added
        .chain(removed)
        .map(|(text, side)| change(text, side))
        .collect();
    let Some(told) = told else {
        return;
    };
    changes.extend(told);
    let kept_of_old = old.iter().filter(|text| after.contains(*text));
    let kept_of_new = new.iter().filter(|text| before.contains(*text));
    let twice = |list: &[&str], set: &BTreeSet<&str>| list.len() != set.len();
    if !kept_of_old.eq(kept_of_new) || twice(&old, &before) || twice(&new, &after) {
        walk(path, pair, changes);
    }
}

/// On which side a text stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Added,
    Removed,
}

/// The texts of a list that are not in the other one, each once, in the list's order.
fn alone<'a>(list: &[&'a str], other: &BTreeSet<&str>) -> impl Iterator<Item = &'a str> {
    let mut seen = BTreeSet::new();
    list.iter()
        .copied()
        .filter(move |text| !other.contains(text) && seen.insert(*text))
}

fn read(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}
