//! What must be signed, and by whom.

use privyseal_tuf::{KeyId, Role, RoleType};

use super::IncidentKind;
use super::change::{Changed, What};
use super::consequences::Seen;
use super::names::Names;
use super::reach::OldRoot;
use crate::repo::work::Work;

/// Every document that gets a new version, in the order of signing.
pub(super) fn lines(seen: &Seen<'_>, old: Option<&OldRoot>) -> anyhow::Result<Vec<String>> {
    let Seen {
        work, names, roles, ..
    } = *seen;
    let mut lines = Vec::new();
    if roles.iter().any(|role| role.top().is_some()) {
        lines.extend(root(seen, old)?);
    }
    let mut delegators: Vec<&Role> = Vec::new();
    for role in roles.iter().filter(|role| role.top().is_none()) {
        if !delegators.contains(&&role.by) {
            delegators.push(&role.by);
        }
    }
    for by in &delegators {
        lines.push(format!(
            "{by} {}, which gives out the other keys: {}",
            work.next_version(by),
            signers(work, names, by, roles)?
        ));
    }
    let mut changed = !delegators.is_empty();
    for (role, of_role) in roles.iter().zip(seen.resigned) {
        let again = of_role.invalid.len() + of_role.anew.len();
        let is_delegator = matches!(&role.what, What::Role(role) if delegators.contains(&role));
        if again == 0 || is_delegator {
            continue;
        }
        let why = if of_role.anew.is_empty() {
            "since its signatures no longer suffice"
        } else {
            "so that nothing stays that a thief may have signed too"
        };
        let what = match &role.what {
            What::Role(role) => format!("{role} {}", work.next_version(role)),
            What::Bins(group) => format!("{again} bins of {}", group.name),
        };
        lines.push(format!(
            "{what}, {why}: {}",
            of_keys(names, role.after.threshold, &role.after.keyids)
        ));
        changed |= !matches!(role.top(), Some(RoleType::Snapshot | RoleType::Timestamp));
    }
    if changed {
        lines.push("snapshot and timestamp follow".to_owned());
    }
    Ok(lines)
}

fn root(seen: &Seen<'_>, old: Option<&OldRoot>) -> anyhow::Result<Vec<String>> {
    let Seen {
        incident,
        work,
        names,
        roles,
        ..
    } = *seen;
    let role = Role::from(RoleType::Root);
    let next = work.next_version(&role);
    let mut lines = Vec::new();
    if let Some(old) = old {
        let version = old.root.header.version;
        lines.push(format!(
            "root {next}: {}, as root {version} asks",
            of_keys(names, old.left.threshold, &old.left.keyids)
        ));
        if !old.can_sign() && incident.kind == IncidentKind::Stolen {
            lines.push(format!(
                "root {version} asks for more keys than are left: the next root needs the stolen key's \
                 own signature, once. Where you can't use it any more, the repository can't be \
                 rotated, and clients need a new first root by other means"
            ));
        }
    }
    lines.push(format!(
        "root {next}: {}, as itself asks",
        signers(work, names, &role, roles)?
    ));
    Ok(lines)
}

/// Who signs a role as it will be.
fn signers(work: &Work, names: &Names, role: &Role, roles: &[Changed]) -> anyhow::Result<String> {
    let changed = roles.iter().find(|changed| changed.name() == role.as_str());
    if let Some(changed) = changed {
        return Ok(of_keys(
            names,
            changed.after.threshold,
            &changed.after.keyids,
        ));
    }
    let asked = match role {
        Role::Top(top) => {
            let root = work.roots().last();
            root.map(|root| root.roles.get(*top).clone())
        }
        Role::Delegated(_) => work.requirements(role)?.pop().map(|asked| asked.role),
    };
    Ok(match asked {
        Some(keys) => of_keys(names, keys.threshold, &keys.keyids),
        None => "its keys".to_owned(),
    })
}

fn of_keys(names: &Names, threshold: u32, keyids: &[KeyId]) -> String {
    format!("{threshold} of {}", names.list(keyids))
}
