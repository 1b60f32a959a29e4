//! What a thief can do until clients have the new keys.

use std::collections::BTreeSet;

use privyseal_tuf::{DelegatedRole, KeyId, PathPattern, RoleKeys, RoleType, Scope};

use super::change::{Changed, What};
use super::consequences::Seen;
use crate::repo::tree::{Delegatee, branches, delegatees};
use crate::repo::work::Work;
use crate::show::in_days;

/// What the keys can do, by what clients believe: the published roles.
pub(super) fn powers(seen: &Seen<'_>) -> anyhow::Result<Vec<String>> {
    let Seen {
        incident,
        work,
        roles,
        ..
    } = *seen;
    let clients = work.as_published();
    let Some(root) = clients.roots().last() else {
        return Ok(vec![
            "nothing: nothing is published that needs this key".to_owned(),
        ]);
    };
    let thief = Thief {
        gone: incident.keyids(),
        root: &root,
    };
    let mut lines: Vec<String> = RoleType::ALL
        .into_iter()
        .filter_map(|top| thief.top(top))
        .collect();
    for branch in branches(&clients)? {
        for delegatee in delegatees(&branch.delegations) {
            lines.extend(thief.delegated(&delegatee));
        }
    }
    if lines.is_empty() {
        return Ok(vec!["nothing: no published role has this key".to_owned()]);
    }
    lines.push(until(&clients, &thief)?);
    lines.extend(thief.recovery(roles));
    Ok(lines)
}

struct Thief<'a> {
    gone: BTreeSet<&'a KeyId>,
    root: &'a privyseal_tuf::Root,
}

impl Thief<'_> {
    /// How many more keys a thief needs to sign for a role; none where the role has none of theirs.
    fn needs(&self, keys: &RoleKeys) -> Option<usize> {
        let has = keys
            .keyids
            .iter()
            .filter(|keyid| self.gone.contains(keyid))
            .count();
        (has > 0).then(|| (keys.threshold as usize).saturating_sub(has))
    }

    fn signs(&self, role: RoleType) -> bool {
        self.needs(self.root.roles.get(role)) == Some(0)
    }

    fn top(&self, role: RoleType) -> Option<String> {
        let needs = self.needs(self.root.roles.get(role))?;
        let power = match role {
            RoleType::Root => {
                "replace every key. Whoever gets such a root before ours believes it for good, and \
                 only a new first root by other means brings them back"
                    .to_owned()
            }
            RoleType::Targets => format!("sign any target file, {}", self.seen(needs)),
            RoleType::Snapshot => format!(
                "mix old and new metadata (mix-and-match), hide what is new, or number it so high that \
                 ours is refused (fast-forward), {}",
                self.seen_snapshot(needs)
            ),
            RoleType::Timestamp => {
                "hold clients at what they have (freeze), with any expiry, or number the timestamp so \
                 high that ours is refused (fast-forward)"
                    .to_owned()
            }
        };
        Some(format!("{role}: {} {power}", with(needs)))
    }

    fn delegated(&self, delegatee: &Delegatee) -> Option<String> {
        let (name, keys, paths) = match delegatee {
            Delegatee::One(role) => (role.name.to_string(), &role.keys, paths(role)),
            Delegatee::Bins(group) => (
                group.name.clone(),
                &group.keys,
                format!("in any of {} bins", group.count()),
            ),
        };
        let needs = self.needs(keys)?;
        Some(format!(
            "{name}: {} sign any target file {paths}, {}",
            with(needs),
            self.seen(needs)
        ))
    }

    /// Whether clients would see targets metadata.
    fn seen(&self, needs: usize) -> &'static str {
        match (
            self.signs(RoleType::Snapshot),
            self.signs(RoleType::Timestamp),
        ) {
            _ if needs > 0 => "which clients see with a snapshot and timestamp that name it",
            (true, true) => {
                "and give it to every client: the snapshot and timestamp that name it can be signed too"
            }
            _ => {
                "which clients see only with a snapshot and a timestamp that name it, and for those a thief needs other keys"
            }
        }
    }

    fn seen_snapshot(&self, needs: usize) -> &'static str {
        match self.signs(RoleType::Timestamp) {
            _ if needs > 0 => "which clients see with a timestamp that names it",
            true => "and have every client take it: the timestamp that names it can be signed too",
            false => {
                "which clients see only with a timestamp that names it, and for that a thief needs other keys"
            }
        }
    }

    /// How clients get over what a thief told them.
    fn recovery(&self, roles: &[Changed]) -> Vec<String> {
        let online = [RoleType::Snapshot, RoleType::Timestamp];
        let changes = |top: RoleType| roles.iter().any(|role| role.top() == Some(top));
        let mut lines = Vec::new();
        if online.into_iter().any(changes) {
            lines.push(
                "recovery: clients that get the new root forget a snapshot and timestamp whose keys it \
                 changes (spec 5.3.11): there a freeze and high numbers end"
                    .to_owned(),
            );
        }
        let kept: Vec<&str> = online
            .into_iter()
            .filter(|top| !changes(*top))
            .map(RoleType::as_str)
            .collect();
        if self.signs(RoleType::Root) && !kept.is_empty() {
            lines.push(format!(
                "a thief with root's keys may have given clients any {0}: give {0} other keys as well, \
                 so that they forget it (privyseal repo rotate {1} --add ... --remove ...)",
                kept.join(" and "),
                kept.first().copied().unwrap_or_default()
            ));
        }
        lines
    }
}

fn with(needs: usize) -> String {
    match needs {
        0 => "a thief can, alone,".to_owned(),
        1 => "nothing alone; with one more of its keys a thief can".to_owned(),
        more => format!("nothing alone; with {more} more of its keys a thief can"),
    }
}

fn paths(role: &DelegatedRole) -> String {
    let all: Vec<&str> = match &role.scope {
        Scope::Paths(patterns) => patterns.iter().map(PathPattern::as_str).collect(),
        Scope::Prefixes(prefixes) => prefixes.iter().map(String::as_str).collect(),
        Scope::HashPrefixes(_) => return "of its hashes".to_owned(),
    };
    let some = all.get(..5).unwrap_or(&all);
    let more = if all.len() > some.len() { ", ..." } else { "" };
    format!("under {}{more}", some.join(", "))
}

/// Until when clients can be told what a thief signs.
fn until(clients: &Work, thief: &Thief<'_>) -> anyhow::Result<String> {
    let bound = if thief.signs(RoleType::Timestamp) || thief.signs(RoleType::Root) {
        RoleType::Root
    } else {
        RoleType::Timestamp
    };
    let last = clients.published().last(bound);
    let Some(view) = last.map(|last| last.view(bound)).transpose()? else {
        return Ok("until when: nothing that clients would take is published".to_owned());
    };
    let (version, expires) = (view.version(), view.expires());
    Ok(format!(
        "until when: clients that reach the repository take the new keys with their next update; those \
         that a thief cuts off from it can be deceived until {bound} {version} expires, {expires} ({})",
        in_days(expires.seconds(), clients.now())
    ))
}

/// What is published under a signature of the stolen keys.
pub(super) fn to_compare(seen: &Seen<'_>) -> anyhow::Result<Vec<String>> {
    let work = seen.work;
    let mut lines = Vec::new();
    for (role, of_role) in seen.roles.iter().zip(seen.resigned) {
        let mut targets = Vec::new();
        for signed in &of_role.signed_by_gone {
            if signed.kind() == RoleType::Targets
                && let Some(document) = work.published().document(signed)?
            {
                targets.extend(document.targets()?.targets.into_keys());
            }
        }
        if targets.is_empty() {
            continue;
        }
        let what = match &role.what {
            What::Role(role) => {
                format!(
                    "{role} {}",
                    work.published().version(role).unwrap_or_default()
                )
            }
            What::Bins(group) => format!("{} bins of {}", of_role.signed_by_gone.len(), group.name),
        };
        let some: Vec<&str> = targets
            .iter()
            .take(MOST_TARGETS)
            .map(|path| path.as_str())
            .collect();
        let more = match targets.len() - some.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let plural = if targets.len() == 1 { "" } else { "s" };
        lines.push(format!(
            "{what} is published with its signature, with {} target{plural}: {}{more}",
            targets.len(),
            some.join(", ")
        ));
    }
    Ok(lines)
}

/// Enough to know what it is about.
const MOST_TARGETS: usize = 10;
