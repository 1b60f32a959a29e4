use privyseal_tuf::KeyId;

use super::after::Resigned;
use super::change::Changed;
use super::names::Names;
use super::reach::OldRoot;
use super::{Incident, IncidentKind, disable, signing, spare, thief};
use crate::repo::work::Work;

/// What an incident means, in sections for a person to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// In the order in which they matter.
    pub sections: Vec<Section>,
}

/// One matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: &'static str,
    /// One point each, with text from metadata as it stands there.
    pub lines: Vec<String>,
}

pub(super) fn of(
    incident: &Incident<'_>,
    work: &Work,
    names: &Names,
    roles: &[Changed],
    resigned: &[Resigned],
) -> anyhow::Result<Consequences> {
    let now = work.now();
    let old = OldRoot::of(incident, work, roles)?;
    let mut all = Consequences::default();
    all.add(
        "keys",
        incident
            .gone
            .iter()
            .map(|key| key_line(names, &key.keyid))
            .collect(),
    );
    all.add(
        "roles",
        roles.iter().map(|role| role_line(names, role)).collect(),
    );
    match incident.kind {
        IncidentKind::Stolen => {
            let powers = thief::powers(incident, work, roles, now)?;
            all.add("what a thief can do", powers);
            let compare = thief::to_compare(work, roles, resigned)?;
            all.add("compare with a copy that you know is good", compare);
        }
        IncidentKind::Lost | IncidentKind::Left => {
            all.add("what it means", spare::lines(incident, old.as_ref(), roles));
        }
    }
    let signing = signing::lines(incident, work, names, old.as_ref(), roles, resigned)?;
    all.add("to be signed", signing);
    let disable = disable::lines(incident, work, old.as_ref(), roles, now)?;
    all.add("at the agents", disable);
    Ok(all)
}

impl Consequences {
    fn add(&mut self, title: &'static str, lines: Vec<String>) {
        if !lines.is_empty() {
            self.sections.push(Section { title, lines });
        }
    }
}

fn key_line(names: &Names, keyid: &KeyId) -> String {
    format!("{}, keyid {keyid}", names.of_key(keyid))
}

fn role_line(names: &Names, role: &Changed) -> String {
    let side = |keys: &privyseal_tuf::RoleKeys| {
        format!(
            "{} of {}: {}",
            keys.threshold,
            keys.keyids.len(),
            names.list(&keys.keyids)
        )
    };
    let (name, before, after) = (role.name(), side(&role.before), side(&role.after));
    if role.after.keyids.len() < role.after.threshold as usize {
        return format!("{name}: {before} -> not enough keys left");
    }
    format!("{name}: {before} -> {after}")
}
