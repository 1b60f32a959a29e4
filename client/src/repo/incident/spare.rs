//! How many more keys may be lost.

use super::change::Changed;
use super::consequences::Seen;
use super::reach::OldRoot;
use super::{Incident, IncidentKind};
use privyseal_tuf::RoleType;

/// What a lost key, or one whose owner left, means for each role.
pub(super) fn lines(seen: &Seen<'_>, old: Option<&OldRoot>) -> Vec<String> {
    let mut lines = Vec::new();
    if seen.incident.kind == IncidentKind::Lost {
        lines.push(
            "there is no hurry where nobody else can use the key; what is gone is the spare"
                .to_owned(),
        );
    }
    let of_role = |role: &Changed| match old {
        Some(old) if role.top() == Some(RoleType::Root) => of_root(old),
        _ => now(seen.incident, role),
    };
    for role in seen.roles {
        lines.push(format!("{}{}", of_role(role), after(role)));
    }
    lines
}

/// While the published root counts, which the next one needs.
fn of_root(old: &OldRoot) -> String {
    let version = old.root.header.version;
    let (left, need) = (old.count(), old.left.threshold as usize);
    let until = format!(
        "until the next root is published, {need} of the {} of root {version} must sign",
        keys_left(left)
    );
    match left.checked_sub(need) {
        None => until,
        Some(0) => format!("{until}: one more lost key and root can never be signed again"),
        Some(1) => format!("{until}: one more may be lost, not two"),
        Some(spare) => format!("{until}: {spare} more may be lost"),
    }
}

fn now(incident: &Incident<'_>, role: &Changed) -> String {
    let (name, need) = (role.name(), role.before.threshold as usize);
    let left = role.left(incident);
    let can = if left < need {
        format!(
            "can't be signed before the next {} gives it other keys",
            role.by
        )
    } else {
        "can still be signed".to_owned()
    };
    format!("{name} {can} ({left} left, {need} must sign)")
}

fn after(role: &Changed) -> String {
    match role
        .after
        .keyids
        .len()
        .checked_sub(role.after.threshold as usize)
    {
        None => String::new(),
        Some(0) => format!("; then {} has no spare key", role.name()),
        Some(1) => format!("; then one key of {} may be lost", role.name()),
        Some(spare) => format!("; then {spare} keys of {} may be lost", role.name()),
    }
}

fn keys_left(left: usize) -> String {
    match left {
        1 => "1 key that is left".to_owned(),
        left => format!("{left} keys that are left"),
    }
}
