//! How many more keys may be lost.

use super::change::Changed;
use super::reach::OldRoot;
use super::{Incident, IncidentKind};

/// What a lost key, or one whose owner left, means for each role.
pub(super) fn lines(
    incident: &Incident<'_>,
    old: Option<&OldRoot>,
    roles: &[Changed],
) -> Vec<String> {
    let mut lines = Vec::new();
    if incident.kind == IncidentKind::Lost {
        lines.push(
            "there is no hurry where nobody else can use the key; what is gone is the spare"
                .to_owned(),
        );
    }
    if let Some(old) = old {
        lines.push(of_root(old));
    }
    for role in roles {
        lines.push(of_role(incident, role));
    }
    lines
}

fn of_root(old: &OldRoot) -> String {
    let version = old.root.header.version;
    let (left, need) = (old.count(), old.left.threshold as usize);
    let until = format!("until the next root is published, {left} keys of root {version} are left");
    match left.checked_sub(need) {
        None => format!("{until}, and {need} must sign"),
        Some(0) => format!(
            "{until} and {need} must sign: one more lost key and root can never be signed again"
        ),
        Some(1) => format!("{until} and {need} must sign: one more may be lost, not two"),
        Some(spare) => format!("{until} and {need} must sign: {spare} more may be lost"),
    }
}

fn of_role(incident: &Incident<'_>, role: &Changed) -> String {
    let (name, need) = (role.name(), role.before.threshold as usize);
    let left = role.left(incident);
    let now = if left < need {
        format!(
            "{name} can't be signed before the next {} gives it other keys ({left} left, {need} must \
             sign)",
            role.by
        )
    } else {
        format!("{name} can still be signed ({left} left, {need} must sign)")
    };
    let after = match role.after.keyids.len().checked_sub(need) {
        None => String::new(),
        Some(0) => "; then it has no spare key".to_owned(),
        Some(1) => "; then one of its keys may be lost".to_owned(),
        Some(spare) => format!("; then {spare} of its keys may be lost"),
    };
    format!("{now}{after}")
}
