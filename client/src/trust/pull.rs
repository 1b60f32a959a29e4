//! What a trust server says of a repository, verified from the root that is trusted to every
//! delegation.
//!
//! It is what notary's client does, and some more: pins hold for the newest root at every pull, not
//! only where it changes; nothing that was seen is taken back, in any role, and no two contents under
//! one version are taken; the root must be the one that the snapshot names; and what is wrong has a
//! name of its own.

mod budget;
mod cache;
mod certificates;
mod delegations;
mod error;
mod rollback;
mod roots;
mod source;
#[cfg(test)]
pub(in crate::trust) mod testing;
#[cfg(test)]
mod tests;
mod top;
mod verified;

use privyseal_tuf::notary::{Snapshot, Timestamp};
use privyseal_tuf::{Delegations, Root, Targets};

use super::home::{Memory, RepositoryHome, TrustedSince};
use super::pins::Pins;

use budget::{Budget, MOST_BYTES};
pub use delegations::{Delegated, MOST_ROLES, Unused};
pub use error::{PullError, Reason};
pub use roots::check_before;
pub use source::{AtServer, Source, SourceError};
pub use verified::Verified;

/// How a repository is to be pulled.
#[derive(Clone, Copy)]
pub struct Pull<'a> {
    source: &'a dyn Source,
    home: &'a RepositoryHome,
    pins: &'a Pins,
    now: i64,
    /// Whether what is out of date is refused.
    dated: bool,
    /// How much is fetched, in bytes.
    budget: usize,
}

/// A repository's metadata, all of it verified.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The roots from the first that was trusted to the newest.
    pub roots: Vec<Verified<Root>>,
    /// The timestamp.
    pub timestamp: Verified<Timestamp>,
    /// The snapshot that it names.
    pub snapshot: Verified<Snapshot>,
    /// The top-level targets that the snapshot names.
    pub targets: Verified<Targets>,
    /// The delegated roles, in the order in which they are searched: those of one delegator in its
    /// order, before those that they delegate to.
    pub delegations: Vec<Delegated>,
    /// How trust in it began.
    pub trusted: TrustedSince,
    /// Whether that was just now.
    pub is_new: bool,
    /// Where the metadata is from.
    pub freshness: Freshness,
    /// What pins would have refused in mode `enforced`.
    pub notes: Vec<String>,
}

/// Where metadata is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The server has just said so.
    Current,
    /// It is what was remembered, since the server can't be asked.
    Cached {
        /// Why.
        why: String,
        /// Whether some of it expired, which the pins allow.
        expired: bool,
    },
}

impl Pulled {
    /// The newest root, which there always is.
    pub fn root(&self) -> Option<&Verified<Root>> {
        self.roots.last()
    }

    /// What a role delegates: `targets`, or a delegated role that verifies.
    pub fn delegations_of(&self, role: &str) -> Option<&Delegations> {
        let metadata = match role {
            "targets" => &self.targets,
            name => self.delegation(name)?,
        };
        metadata.view.delegations.as_ref()
    }

    /// A delegated role that verifies.
    pub fn delegation(&self, name: &str) -> Option<&Verified<Targets>> {
        let role = self.delegations.iter().find(|it| it.name.as_str() == name);
        role?.metadata.as_ref().ok()
    }
}

impl<'a> Pull<'a> {
    /// From a source, with what is known of the repository, and with who its root may be. `now` is
    /// unix time in seconds.
    pub fn new(source: &'a dyn Source, home: &'a RepositoryHome, pins: &'a Pins, now: i64) -> Self {
        Self {
            source,
            home,
            pins,
            now,
            dated: true,
            budget: MOST_BYTES,
        }
    }

    /// Takes what is out of date too: for whoever is about to sign it anew.
    #[must_use]
    pub fn undated(self) -> Self {
        Self {
            dated: false,
            ..self
        }
    }

    /// Pulls the repository, and remembers what was seen.
    ///
    /// # Errors
    /// What is wrong with what the server says, or why it can't be asked. What is remembered is as
    /// it was then.
    pub async fn run(&self) -> Result<Pulled, PullError> {
        let memory = self.home.recall()?;
        let source = Budget::new(self.source, self.budget);
        let bounded = Pull {
            source: &source,
            ..*self
        };
        let pulled = match bounded.verified(memory.as_ref()).await {
            Err(PullError::Unreachable(why)) => return self.cached(memory.as_ref(), why).await,
            other => other?,
        };
        cache::remember(self.home, &pulled)?;
        Ok(pulled)
    }

    async fn verified(&self, memory: Option<&Memory>) -> Result<Pulled, PullError> {
        let (roots, trusted, pinned) = self.roots(memory).await?;
        let Some(root) = roots.last() else {
            return Err(PullError::NoTrustData(self.home.gun().clone()));
        };
        let files = memory.map(|memory| &memory.files);
        let timestamp = self.timestamp(root, files).await?;
        let snapshot = self.snapshot(root, &timestamp, files).await?;
        let targets = self.targets(root, &snapshot, files).await?;
        let delegations = self.delegations(&snapshot, &targets, files).await?;
        Ok(Pulled {
            timestamp,
            snapshot,
            targets,
            delegations,
            roots,
            trusted,
            is_new: memory.is_none(),
            freshness: Freshness::Current,
            notes: pinned.notes,
        })
    }
}
