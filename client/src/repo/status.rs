//! What of a repository expires when, what is being signed, and what is to be done next.

mod bins;
mod due;
mod next;
mod role;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::clock::clock_doubt;
use super::project::Project;
use super::work::Work;
use crate::show::absolute;

pub use bins::BinsStatus;
pub use due::{Due, Standing};
pub use role::{RoleStatus, RoleVersion};

/// How a repository stands.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// As the agents know it.
    pub authority: String,
    /// As the agents know it.
    pub repository: String,
    /// SHA-256 of the payload of its first root; none before one was drafted.
    pub first_root: Option<String>,
    /// When this was so.
    pub at: String,
    /// Unix seconds.
    pub at_seconds: i64,
    /// The four roles, the delegated ones that have names of their own, and bins with a draft that
    /// is not finished.
    pub roles: Vec<RoleStatus>,
    /// The hashed bins, all that share a name as one.
    pub bins: Vec<BinsStatus>,
    /// What somebody should see to, the worst first.
    pub warnings: Vec<String>,
    /// What to do next.
    pub next: String,
}

impl Status {
    /// Of a project, at `now` (Unix seconds).
    pub fn of(project: &Project, work: &Work, now: i64) -> anyhow::Result<Self> {
        let settings = project.settings();
        let bins = bins::bins(settings, work, now)?;
        let roles = role::roles(settings, work, now)?;
        let first_root = project.first_root(work.published())?;
        let correction = project.drafts().read_correction()?.is_some();
        let clock = clock_doubt(project, now)?.map(|doubt| doubt.message);
        Ok(Self {
            authority: settings.authority.clone(),
            repository: settings.repository.clone(),
            first_root: first_root.map(|digest| digest.to_string()),
            at: absolute(now),
            at_seconds: now,
            warnings: next::warnings(&roles, &bins, clock, now),
            next: next::next(&roles, &bins, correction, now),
            roles,
            bins,
        })
    }

    /// What is published, by its role or `PREFIX-*`: of bins, the one that expires first.
    pub fn published(&self) -> impl Iterator<Item = (&str, &RoleVersion)> {
        let roles = self.roles.iter().filter(|role| !role.is_bin);
        let roles = roles.map(|role| (role.role.as_str(), role.published.as_ref()));
        let bins = self.bins.iter();
        let bins = bins.map(|bins| (bins.bins.as_str(), bins.first_to_expire.as_ref()));
        roles
            .chain(bins)
            .filter_map(|(name, version)| Some((name, version?)))
    }

    /// Whether anything that is published expires within so many seconds, or has.
    pub fn expires_within(&self, seconds: i64) -> bool {
        let end = self.at_seconds.saturating_add(seconds);
        self.published()
            .any(|(_, version)| version.expires_seconds <= end)
    }
}
