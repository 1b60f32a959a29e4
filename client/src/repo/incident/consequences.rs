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

/// All that the consequences are told from.
pub(super) struct Seen<'a> {
    pub(super) incident: &'a Incident<'a>,
    pub(super) work: &'a Work,
    pub(super) names: &'a Names,
    pub(super) roles: &'a [Changed],
    pub(super) resigned: &'a [Resigned],
}

impl Seen<'_> {
    /// What the incident means, and what is done about it.
    pub(super) fn all(&self) -> anyhow::Result<Consequences> {
        let mut all = self.meaning()?;
        let old = self.old()?;
        all.add("to be signed", signing::lines(self, old.as_ref())?);
        all.add("at the agents", disable::lines(self, old.as_ref())?);
        Ok(all)
    }

    /// What it means, where nothing can be done about it.
    pub(super) fn meaning(&self) -> anyhow::Result<Consequences> {
        let mut all = Consequences::default();
        let gone = self.incident.gone.iter();
        all.add(
            "keys",
            gone.map(|key| key_line(self.names, &key.keyid)).collect(),
        );
        let roles = self.roles.iter();
        all.add(
            "roles",
            roles.map(|role| role_line(self.names, role)).collect(),
        );
        if self.incident.kind == IncidentKind::Stolen {
            all.add("what a thief can do", thief::powers(self)?);
            all.add(
                "compare with a copy that you know is good",
                thief::to_compare(self)?,
            );
        } else {
            let lines = spare::lines(self, self.old()?.as_ref());
            all.add("what it means", lines);
        }
        Ok(all)
    }

    fn old(&self) -> anyhow::Result<Option<OldRoot>> {
        OldRoot::of(self.incident, self.work, self.roles)
    }
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
