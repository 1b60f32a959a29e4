//! What operators do at the agents that hold the keys.

use privyseal_tuf::RoleType;

use super::change::Changed;
use super::consequences::Seen;
use super::reach::OldRoot;
use super::{GoneKey, IncidentKind};
use crate::show::in_days;

/// How each key is put out of use, and what to wait for.
pub(super) fn lines(seen: &Seen<'_>, old: Option<&OldRoot>) -> anyhow::Result<Vec<String>> {
    let Seen { incident, work, .. } = seen;
    let mut lines = Vec::new();
    for key in incident.gone {
        lines.extend(at_agent(incident.kind, key));
    }
    if lines.is_empty() {
        return Ok(lines);
    }
    if let Some(old) = old.filter(|old| !old.can_sign()) {
        lines.push(format!(
            "not before the next root has its signature: root {} can't do without it",
            old.root.header.version
        ));
    }
    let short = |role: &&Changed| role.left(incident) < role.before.threshold as usize;
    for role in seen.roles.iter().filter(short) {
        let Some(top @ (RoleType::Snapshot | RoleType::Timestamp)) = role.top() else {
            continue;
        };
        if let Some(published) = work.published().last(top) {
            let expires = published.view(top)?.expires().clone();
            lines.push(format!(
                "without it {top} can't be renewed until the next root is published, and it expires \
                 {expires} ({})",
                in_days(expires.seconds(), work.now())
            ));
        }
    }
    Ok(lines)
}

fn at_agent(kind: IncidentKind, key: &GoneKey) -> Vec<String> {
    let Some(holder) = &key.holder else {
        return Vec::new();
    };
    let (agent, name) = (&holder.agent, &holder.name);
    let mut lines = Vec::new();
    if kind == IncidentKind::Stolen {
        lines.push(format!(
            "at agent {agent}, now: privyseal --agent {agent} agent lock KEYSTORE (`privyseal key show \
             {name}` says which) stops every key of its token"
        ));
        lines.push(format!(
            "`privyseal --agent {agent} ledger show` lists what {name} signed there: a signature of it \
             that is not in that list is the thief's"
        ));
    }
    lines.push(format!(
        "at agent {agent}, to stay: take {name} out of `keys` of every [[grant]] in \
         /etc/privyseal/privyseald.toml, or delete it from the token (pkcs11-tool --delete-object), and \
         systemctl restart privyseald"
    ));
    lines
}
