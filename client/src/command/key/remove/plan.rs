use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};

use privyseal_proto::v1::Key;

use crate::agent::{Agents, HeldKey, KeyRef};
use crate::command::key::filter::KeyFilter;
use crate::command::key::view::KeyView;
use crate::failure::Advice;
use crate::show::escape;

/// More are counted.
const SHOWN: usize = 100;

/// The keys that are to be destroyed.
pub(super) struct Plan {
    listed: Vec<HeldKey>,
    /// Named, and not listed any more: one whose removal is recorded may still be on its token.
    unlisted: Vec<(String, String)>,
}

impl Plan {
    /// Those that were made for a notary-server and never signed.
    pub(super) fn unused(held: Vec<HeldKey>, filter: &KeyFilter) -> Self {
        let listed = held.into_iter().filter(|held| filter.matches(&held.key));
        Self {
            listed: listed.collect(),
            unlisted: Vec::new(),
        }
    }

    /// Those that a person named.
    pub(super) fn named(
        held: Vec<HeldKey>,
        wanted: &[KeyRef],
        agents: &Agents,
    ) -> anyhow::Result<Self> {
        let mut plan = Self {
            listed: Vec::new(),
            unlisted: Vec::new(),
        };
        for wanted in wanted {
            if held.iter().any(|held| wanted.matches(held)) {
                let found = agents.resolve(&held, wanted)?;
                removable(found)?;
                plan.listed.push(found.clone());
            } else {
                let agent = only_agent(wanted, agents).ok_or_else(|| agents.unknown(wanted))?;
                plan.unlisted.push((agent, wanted.name.clone()));
            }
        }
        let name = |held: &HeldKey| (held.agent.clone(), held.key.name.clone());
        plan.listed.sort_by_key(name);
        plan.listed.dedup_by_key(|held| name(held));
        plan.unlisted.sort();
        plan.unlisted.dedup();
        Ok(plan)
    }

    /// Leaves out what is not meant any more.
    pub(super) fn keep(&mut self, held: &[HeldKey], filter: &KeyFilter) {
        let meant: HashSet<(&str, &str)> = held
            .iter()
            .filter(|held| filter.matches(&held.key))
            .map(|held| (held.agent.as_str(), held.key.name.as_str()))
            .collect();
        self.listed
            .retain(|held| meant.contains(&(held.agent.as_str(), held.key.name.as_str())));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.listed.len() + self.unlisted.len()
    }

    /// Names of agents and of keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let listed = self.listed.iter();
        let listed = listed.map(|held| (held.agent.as_str(), held.key.name.as_str()));
        let unlisted = self.unlisted.iter();
        listed.chain(unlisted.map(|(agent, name)| (agent.as_str(), name.as_str())))
    }

    /// Shows what is to be destroyed.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_empty() {
            return writeln!(
                out,
                "nothing to remove: no key of a notary-server is unused"
            );
        }
        let shown = self.listed.iter().take(SHOWN);
        let views = shown.map(|held| KeyView::new(&held.agent, held.key.clone()));
        let views: Vec<KeyView> = views.collect();
        if !views.is_empty() {
            KeyView::print_table(&views, false, out)?;
        }
        match self.listed.len().saturating_sub(SHOWN) {
            0 => {}
            more => writeln!(out, "and {more} more, as `privyseal key list` shows them")?,
        }
        for (agent, name) in &self.unlisted {
            let key = escape(&format!("{agent}:{name}"));
            writeln!(
                out,
                "{key}: not listed; destroyed where it was removed before and is still there"
            )?;
        }
        match self
            .listed
            .iter()
            .filter(|held| has_signed(&held.key))
            .count()
        {
            0 => Ok(()),
            used => writeln!(
                out,
                "!! {used} of them signed: notary-server can't publish with such a key any more, until the key is rotated (`notary key rotate GUN ROLE -r`)"
            ),
        }
    }
}

/// How many there are, for a question.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            1 => f.write_str("this key on its token"),
            keys => write!(f, "these {keys} keys on their tokens"),
        }
    }
}

fn has_signed(key: &Key) -> bool {
    key.notary_use.is_some()
}

/// The agent would refuse it, too; but nobody needs to be asked first.
fn removable(held: &HeldKey) -> Result<(), Advice> {
    match held.key.purpose.as_str() {
        "notary" => Ok(()),
        "trust" => Err(Advice::failed(
            format!(
                "{}:{} is a key of images, and this command removes those that were made for a notary-server",
                held.agent, held.key.name
            ),
            format!(
                "nothing was removed; `privyseal trust key remove {}` removes it where nobody can rely on it yet",
                held.key.name
            ),
        )),
        purpose => Err(Advice::failed(
            format!(
                "{}:{} is a {purpose} key, and only keys that were made for a notary-server are removed",
                held.agent, held.key.name
            ),
            "nothing was removed; rotate the role to another key where this one shall sign no more",
        )),
    }
}

/// The agent that a name is meant for, where that is certain.
fn only_agent(wanted: &KeyRef, agents: &Agents) -> Option<String> {
    let named = wanted.agent.as_deref();
    let mut connected = agents.connected().iter();
    let mut meant = connected
        .by_ref()
        .filter(|agent| named.is_none_or(|named| named == agent.name()));
    match (meant.next(), meant.next()) {
        (Some(agent), None) => Some(agent.name().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use privyseal_proto::v1::NotaryUse;

    use super::*;

    fn key(name: &str, used: bool) -> HeldKey {
        HeldKey {
            agent: "a".to_owned(),
            key: Key {
                name: name.to_owned(),
                purpose: "notary".to_owned(),
                notary_use: used.then(NotaryUse::default),
                ..Key::default()
            },
        }
    }

    #[test]
    fn a_key_that_signed_meanwhile_is_kept() {
        let unused = KeyFilter::unused(None);
        let names = |plan: &Plan| {
            let names: Vec<String> = plan.keys().map(|(_, name)| name.to_owned()).collect();
            names.join(" ")
        };
        let listed = vec![key("x", false), key("y", false), key("z", true)];
        let mut plan = Plan::unused(listed, &unused);
        assert_eq!(
            (&*names(&plan), plan.to_string().as_str()),
            ("x y", "these 2 keys on their tokens")
        );
        plan.keep(
            &[key("x", false), key("y", true), key("new", false)],
            &unused,
        );
        assert_eq!(names(&plan), "x");
    }

    #[test]
    fn a_plan_shows_so_many_and_counts_the_rest() {
        let listed = (0..SHOWN + 2).map(|number| key(&format!("k{number}"), false));
        let plan = Plan::unused(listed.collect(), &KeyFilter::unused(None));
        let mut out = Vec::new();
        plan.print(&mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown.lines().count(), 1 + SHOWN + 1, "{shown}");
        assert!(shown.contains("and 2 more"), "{shown}");
        assert!(!shown.contains("!!"), "{shown}");
    }
}
