use std::collections::BTreeSet;

use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, Document, Draft, Role, RoleType, SuccinctRoles,
    Targets,
};

use super::after::Resigned;
use super::change::keys_without;
use super::{Drafts, Incident};
use crate::repo::delegation::add_keys;
use crate::repo::edit::{edit_targets, renewed};
use crate::repo::project::Project;
use crate::repo::root::{RootChange, draft_root};
use crate::repo::settings::{KeySettings, set_delegated, set_role};
use crate::repo::tree::branches;
use crate::repo::work::Work;

/// Everything that is written, with nothing written yet.
pub(super) fn drafts(
    incident: &Incident<'_>,
    project: &Project,
    work: &Work,
    resigned: &[Resigned],
) -> anyhow::Result<Drafts> {
    let (changed, settings) = settings(incident, project)?;
    let root = if project.settings().roles == changed.settings().roles {
        None
    } else {
        let role = RoleType::Root.into();
        let change = RootChange {
            published: work.published().last(RoleType::Root).map(AsRef::as_ref),
            drafted: work.draft(&role).map(AsRef::as_ref),
            held: incident.known,
            expires: work.expires(&role)?,
        };
        Some(draft_root(changed.settings(), &change)?)
    };
    let targets = delegators(incident, work)?;
    let edited: BTreeSet<&Role> = targets.iter().map(|(role, _)| role).collect();
    let mut again = Vec::new();
    for role in resigned.iter().flat_map(|role| &role.anew) {
        // What has a draft is signed anew as it is.
        if !edited.contains(role) && work.draft(role).is_none() {
            again.push((role.clone(), renewed(project, work, role)?));
        }
    }
    Ok(Drafts {
        root,
        targets,
        renewed: again,
        settings,
    })
}

/// `privyseal.toml` without the keys.
fn settings(incident: &Incident<'_>, project: &Project) -> anyhow::Result<(Project, String)> {
    let without =
        |keys: &[KeySettings]| incident.without(keys, |key| key.keyid.clone(), KeySettings::clone);
    project.with_edits(|mut text| {
        for role in RoleType::ALL {
            let mut new = project.settings().role(role).clone();
            new.keys = without(&new.keys);
            if new != *project.settings().role(role) {
                text = set_role(&text, role, &new)?;
            }
        }
        for (name, present) in project.settings().delegated.iter() {
            let mut new = present.clone();
            new.keys = without(&new.keys);
            if new != *present {
                text = set_delegated(&text, name, &new)?;
            }
        }
        Ok(text)
    })
}

/// The next version of each delegator that delegates anything to the keys.
fn delegators(incident: &Incident<'_>, work: &Work) -> anyhow::Result<Vec<(Role, Document)>> {
    let mut documents = Vec::new();
    for branch in branches(work)? {
        let Some(change) = Change::of(incident, &branch.delegations) else {
            continue;
        };
        let mut draft = edit_targets(work, &branch.by)?;
        add_keys(
            &mut draft,
            Some(&branch.delegations),
            incident.instead,
            incident.known,
        )?;
        change.write(&mut draft);
        draft.remove_unused_delegation_keys();
        documents.push((branch.by, draft.finish()?));
    }
    Ok(documents)
}

/// The delegations that change.
enum Change {
    Listed(Vec<DelegatedRole>),
    Succinct(SuccinctRoles),
}

impl Change {
    fn of(incident: &Incident<'_>, delegations: &Delegations) -> Option<Self> {
        match &delegations.roles {
            DelegatedRoles::Listed(roles) => {
                let changed = roles.iter().filter_map(|role| {
                    let keys = keys_without(incident, &role.keys);
                    (keys != role.keys).then(|| DelegatedRole {
                        keys,
                        ..role.clone()
                    })
                });
                let changed: Vec<_> = changed.collect();
                (!changed.is_empty()).then_some(Self::Listed(changed))
            }
            DelegatedRoles::Succinct(succinct) => {
                let keys = keys_without(incident, succinct.keys());
                if keys == *succinct.keys() {
                    return None;
                }
                let prefix = succinct.name_prefix().clone();
                SuccinctRoles::new(keys, succinct.bit_length(), prefix).map(Self::Succinct)
            }
        }
    }

    fn write(&self, draft: &mut Draft<Targets>) {
        match self {
            Self::Listed(roles) => draft.set_delegations(roles),
            Self::Succinct(succinct) => draft.set_succinct_roles(succinct),
        }
    }
}
