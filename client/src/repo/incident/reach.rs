use privyseal_tuf::{RoleKeys, RoleType, Root};

use super::change::Changed;
use super::names::Names;
use super::{Incident, IncidentKind};
use crate::failure::Advice;
use crate::repo::work::Work;

/// The published root as the signers of the next one see it.
pub(super) struct OldRoot {
    pub(super) root: Root,
    /// The root keys that are left.
    pub(super) left: RoleKeys,
}

impl OldRoot {
    /// None where no root is published, or none of the roles that root speaks of changes.
    pub(super) fn of(
        incident: &Incident<'_>,
        work: &Work,
        roles: &[Changed],
    ) -> anyhow::Result<Option<Self>> {
        let published = work.published().last(RoleType::Root);
        let (Some(root), true) = (published, roles.iter().any(|role| role.top().is_some())) else {
            return Ok(None);
        };
        let root = root.root()?;
        let gone = incident.keyids();
        let of_root = root.roles.get(RoleType::Root);
        let left = of_root.keyids.iter().filter(|keyid| !gone.contains(keyid));
        let left = RoleKeys {
            keyids: left.cloned().collect(),
            threshold: of_root.threshold,
        };
        Ok(Some(Self { root, left }))
    }

    /// How many different root keys are left.
    pub(super) fn count(&self) -> usize {
        self.left.distinct_keys(&self.root.keys)
    }

    /// Whether those that are left can sign the next root.
    pub(super) fn can_sign(&self) -> bool {
        self.left.reachable(&self.root.keys)
    }
}

/// Why nothing can be done about it, if that is so.
pub(super) fn refusal(
    incident: &Incident<'_>,
    work: &Work,
    names: &Names,
    roles: &[Changed],
) -> anyhow::Result<Option<Advice>> {
    let old = OldRoot::of(incident, work, roles)?;
    if let Some(old) = old.filter(|old| !old.can_sign())
        && incident.kind != IncidentKind::Stolen
    {
        return Ok(Some(stuck(incident, &old, names)));
    }
    let short = roles
        .iter()
        .find(|role| role.after.keyids.len() < role.after.threshold as usize);
    Ok(short.map(|role| {
        let (name, left) = (role.name(), role.after.keyids.len());
        let threshold = role.after.threshold;
        Advice::failed(
            format!("{name} would be left with {left} keys, and {threshold} must sign"),
            format!(
                "give another key in its place (--replace-with AGENT:KEY){}; nothing was changed",
                match left {
                    0 => String::new(),
                    _ => format!(
                        ", or first lower the threshold: `privyseal repo rotate {name} --threshold {left}`"
                    ),
                }
            ),
        )
    }))
}

/// No next root can be made without the keys: what is left is to begin anew.
fn stuck(incident: &Incident<'_>, old: &OldRoot, names: &Names) -> Advice {
    let version = old.root.header.version;
    let gone = names.list(incident.keyids());
    let message = format!(
        "root {version} asks for {} signatures of its keys under the next root, and without {gone} \
         only {} can sign: no next root can be made, and nothing was changed",
        old.left.threshold,
        old.count(),
    );
    let anew = format!(
        "until root {version} expires ({}) the other roles can be signed as they are; then clients \
         refuse everything. Make a new repository with `privyseal repo init`, and give clients its \
         first root by other means, as you gave them this one's",
        old.root.header.expires
    );
    let remedy = match incident.kind {
        IncidentKind::Left => format!(
            "have {gone} sign once more: `privyseal repo rotate root --remove ... --add ...`. Where \
             that is impossible, the repository can't be rotated: {anew}"
        ),
        _ => format!(
            "look for a copy of the key. Without one the repository can't be rotated: {anew}"
        ),
    };
    Advice::needs_person(message, remedy)
}
