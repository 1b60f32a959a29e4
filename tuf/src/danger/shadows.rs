//! Targets that a delegated role is trusted with, in the document of its delegator: they are found
//! first.

use super::case::{Case, delegations_of, list_of};
use super::{Cause, Danger};
use crate::{Change, PathPattern, TargetPath};

/// Pairs of a path and a pattern that are compared at most.
const MOST_PAIRS: usize = 1_000_000;

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    let roles = delegations_of(case.new.signed());
    let patterns: Vec<(&str, PathPattern)> = roles
        .into_iter()
        .flat_map(|(name, role)| list_of(role, "paths").map(move |path| (name, path.into())))
        .collect();
    let added = case.changes().filter_map(|(at, change)| match change {
        Change::TargetAdded { path, .. } => Some((at, path.parse::<TargetPath>().ok()?)),
        _ => None,
    });
    for (compared, (at, path)) in added.enumerate() {
        if compared.saturating_mul(patterns.len()) > MOST_PAIRS {
            let cause = Cause::TooManyPatterns;
            dangers.push(Danger {
                change: None,
                cause,
            });
            return;
        }
        let role = patterns.iter().find(|(_, pattern)| pattern.matches(&path));
        dangers.extend(role.map(|(role, _)| {
            let role = (*role).to_owned();
            let cause = Cause::Shadows { role };
            let change = Some(at);
            Danger { change, cause }
        }));
    }
}
