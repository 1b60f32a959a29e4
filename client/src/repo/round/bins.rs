use std::collections::{BTreeMap, BTreeSet};

use privyseal_tuf::Role;

use super::Round;
use crate::repo::work::Work;
use crate::show::Progress;

impl Round<'_> {
    /// Shows the published versions of hashed bins to the agents that sign the next ones and never
    /// saw these: to them, versions have no gaps. There can be thousands of bins, so nobody is shown
    /// one before that is needed: after an enrolment, or when the bins get keys of another agent.
    /// It must come before a delegator that gives the bins other keys: from then on an agent takes
    /// no document that the old ones signed.
    pub(super) async fn show_bins(&mut self, work: &Work) -> anyhow::Result<()> {
        for (name, bins) in self.signers_of_bins(work)? {
            // An agent that does not know the repository says so when it is asked to sign.
            let Ok(memory) = self.remembered(&name, &bins).await else {
                continue;
            };
            let known = memory.roles.iter();
            let known: BTreeMap<&str, u64> = known
                .map(|known| (known.role.as_str(), known.version))
                .collect();
            let is_behind = |role: &&Role| {
                let known = known.get(role.as_str()).copied();
                work.published().version(role) > known
            };
            let unseen: Vec<&Role> = bins.iter().filter(is_behind).collect();
            let progress = Progress::of_count(unseen.len() as u64, "showing bins");
            for role in unseen {
                if let Some(document) = work.published().document(role)?
                    && let Err(error) = self.observe(&name, role, &document).await
                {
                    // Where it matters, the agent also refuses to sign.
                    self.problems.push(error.into());
                    break;
                }
                progress.advance(1);
            }
        }
        Ok(())
    }

    /// The published bins that get a new version, by the agents that hold their keys.
    fn signers_of_bins(&self, work: &Work) -> anyhow::Result<BTreeMap<String, Vec<Role>>> {
        let settings = &self.project.settings().delegated;
        let mut signers: BTreeMap<String, Vec<Role>> = BTreeMap::new();
        for role in work.order()? {
            let Some(name) = role.delegated() else {
                continue;
            };
            if work.published().version(&role).is_none() || !work.is_bin(name)? {
                continue;
            }
            let keys = settings
                .get(name)
                .map_or(&[][..], |settings| &settings.keys);
            let held = self.held.iter().map(|(_, held)| held);
            let held = held.filter(|held| keys.iter().any(|key| key.is_held_as(held)));
            let agents: BTreeSet<&String> = held.map(|held| &held.agent).collect();
            for agent in agents {
                signers.entry(agent.clone()).or_default().push(role.clone());
            }
        }
        Ok(signers)
    }
}
