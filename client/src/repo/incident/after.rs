use std::collections::BTreeMap;

use privyseal_tuf::{Document, Key, KeyId, Role, RoleKeys, RoleType, Tally};

use super::change::Changed;
use super::{Incident, IncidentKind};
use crate::repo::tree::Branch;
use crate::repo::tree::branches;
use crate::repo::work::Work;
use crate::show::Progress;

/// What becomes of the published documents of a role.
#[derive(Clone, Debug, Default)]
pub(super) struct Resigned {
    /// These miss signatures without the keys that are gone: they are signed anew as soon as their
    /// delegator says so.
    pub(super) invalid: Vec<Role>,
    /// These do not, but are signed anew all the same: a thief may have made the like.
    pub(super) anew: Vec<Role>,
    /// These carry a signature by a key that is gone.
    pub(super) signed_by_gone: Vec<Role>,
}

/// What becomes of the published documents of the changed roles, in their order.
pub(super) fn resigned(
    incident: &Incident<'_>,
    work: &Work,
    roles: &[Changed],
) -> anyhow::Result<Vec<Resigned>> {
    let keys = all_keys(incident, work)?;
    let gone = incident.gone.iter().map(|key| key.keyid.clone());
    // Of the keys that are gone, any one is enough.
    let by_gone = RoleKeys {
        keyids: gone.collect(),
        threshold: 1,
    };
    let mut all = Vec::new();
    for role in roles {
        let mut of_role = Resigned::default();
        let published = role.published(work);
        let progress = Progress::of_count(published.len() as u64, "reading what is published");
        for name in published {
            progress.advance(1);
            let Some(document) = work.published().document(&name)? else {
                continue;
            };
            if Tally::of(&document, &keys, &by_gone).is_met() {
                of_role.signed_by_gone.push(name.clone());
            }
            if name.top() == Some(RoleType::Root) {
                // A published root is never signed again.
                continue;
            }
            if !is_valid(&document, &keys, &role.after) {
                of_role.invalid.push(name);
            } else if incident.kind == IncidentKind::Stolen {
                of_role.anew.push(name);
            }
        }
        all.push(of_role);
    }
    Ok(all)
}

fn is_valid(document: &Document, keys: &BTreeMap<KeyId, Key>, role: &RoleKeys) -> bool {
    Tally::of(document, keys, role).is_met()
}

/// Every key that anything published lists.
fn all_keys(incident: &Incident<'_>, work: &Work) -> anyhow::Result<BTreeMap<KeyId, Key>> {
    let mut keys = incident.known.clone();
    for Branch { delegations, .. } in branches(work)? {
        keys.extend(delegations.keys);
    }
    keys.extend(work.roots().flat_map(|root| root.keys));
    Ok(keys)
}
