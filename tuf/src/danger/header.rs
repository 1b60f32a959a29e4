//! Version, expiry, and what holds for the whole document or repository.

use super::case::Case;
use super::{Cause, Danger};
use crate::json::{Segment, Value};
use crate::{Change, Expires, RoleType};

/// As many versions may be left out of other roles than root: drafts that were signed and given up
/// take one each.
const MOST_SKIPPED: i64 = 1000;

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    let mut add = |change, cause| dangers.push(Danger { change, cause });
    if let Err(error) = case.new.view(case.context.role.kind()) {
        add(None, Cause::Invalid(error));
    }
    let told = |wanted: fn(&Change) -> bool| {
        let mut changes = case.changes();
        changes.find(|(_, change)| wanted(change)).map(|(at, _)| at)
    };
    if let Some(cause) = version(case) {
        add(
            told(|change| matches!(change, Change::Version { .. })),
            cause,
        );
    }
    let at = told(|change| matches!(change, Change::Expires { .. }));
    for cause in expiry(case, at.is_some()) {
        add(at, cause);
    }
    for (at, change) in case.changes() {
        if let Some(cause) = setting(case, change) {
            add(Some(at), cause);
        }
    }
}

fn version(case: &Case<'_>) -> Option<Cause> {
    let version = |document: &crate::Document| document.signed().get("version")?.as_integer();
    let new = version(case.new)?;
    let old = case.old.and_then(version);
    if old.is_some_and(|old| new <= old) {
        return (!case.changes.is_empty()).then_some(Cause::NotHigher);
    }
    let most = match case.context.role.kind() {
        RoleType::Root => 1,
        _ => MOST_SKIPPED,
    };
    (new - old.unwrap_or(0) > most).then_some(Cause::Skipped)
}

fn expiry(case: &Case<'_>, changes: bool) -> Vec<Cause> {
    let expiry = |document: &crate::Document| {
        let expires = document.signed().get("expires")?.as_str()?;
        let expires: Expires = expires.parse().ok()?;
        Some(expires.seconds())
    };
    let Some(new) = expiry(case.new) else {
        return Vec::new();
    };
    let latest = case.context.latest_expiry;
    let mut causes = Vec::new();
    if new <= case.context.now {
        causes.push(Cause::PastExpiry);
    }
    if changes && new > latest {
        causes.push(Cause::FarExpiry { latest });
    }
    if case.old.and_then(expiry).is_some_and(|old| new < old) {
        causes.push(Cause::EarlierExpiry);
    }
    causes
}

fn setting(case: &Case<'_>, change: &Change) -> Option<Cause> {
    let Change::Field { path, old, new } = change else {
        return None;
    };
    let [_, Segment::Key(name)] = path.segments() else {
        return None;
    };
    case.old?;
    match name.as_str() {
        "consistent_snapshot" => Some(Cause::ConsistentSnapshot),
        "spec_version" => {
            let number = |value: &Option<Value>| numbers(value.as_ref()?.as_str()?);
            let older = number(new)? < number(old)?;
            older.then_some(Cause::OlderSpecification)
        }
        _ => None,
    }
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}
