use privyseal_tuf::{Link, Role, Searches, TrustedRepository, VerifiedRole, VerifyError, Walk};

use super::lanes::{self, Crew};
use super::report::{describe, unreadable};
use super::top::Files;
use crate::fetch::FetchError;
use crate::show::Progress;

/// A link of the walk over all delegations, and what came of it.
pub(super) struct Visit {
    pub(super) link: Link,
    pub(super) outcome: Result<Visited, Refused>,
}

/// A delegated role that verifies.
pub(super) struct Visited {
    pub(super) role: VerifiedRole,
    /// The document's bytes.
    pub(super) length: usize,
    /// Whether no other delegation led to the role before.
    pub(super) is_first: bool,
}

/// Why the document of a delegated role is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error("{role}: {error}")]
    Fetch { role: Role, error: FetchError },
}

impl Refused {
    /// For a person, with who delegates to the role.
    pub(super) fn describe(&self, delegator: &Role, now: i64) -> String {
        let text = match self {
            // These name the delegator already.
            Self::Verify(
                error @ (VerifyError::Threshold { .. } | VerifyError::NotListed { .. }),
            ) => return error.to_string(),
            Self::Verify(error) => describe(error, now),
            error => error.to_string(),
        };
        format!("{text} (delegated by {delegator})")
    }
}

/// Verifies every delegated role of a repository, several side by side, and shows each link to
/// `visit` as it is done; delegators come before those that they delegate to. What hinders the walk
/// itself goes to `hindered`.
pub(super) fn walk_roles(
    trusted: &TrustedRepository,
    files: &Files<'_>,
    visit: &mut dyn FnMut(Visit),
    hindered: &mut dyn FnMut(VerifyError),
) -> anyhow::Result<Searches> {
    let listed = trusted.snapshot().map_or(0, |snapshot| snapshot.meta.len());
    let mut walking = Walking {
        walk: trusted.walk()?,
        visit,
        hindered,
        progress: Progress::of_count(listed.saturating_sub(1) as u64, "verifying roles"),
    };
    lanes::run(files.source.lanes(), &mut walking, |link| {
        let outcome = verify(&link, files);
        (link, outcome)
    })?;
    Ok(walking.walk.searches())
}

type Outcome = Result<(VerifiedRole, usize), Refused>;

fn verify(link: &Link, files: &Files<'_>) -> Outcome {
    let role = Role::from(link.role().clone());
    let fetched = files.metadata(&role, link.file()?);
    let bytes = fetched.map_err(|error| Refused::Fetch { role, error })?;
    Ok((link.verify(&bytes)?, bytes.len()))
}

struct Walking<'a> {
    walk: Walk<'a>,
    visit: &'a mut dyn FnMut(Visit),
    hindered: &'a mut dyn FnMut(VerifyError),
    progress: Progress,
}

impl Crew for Walking<'_> {
    type Job = Link;
    type Outcome = (Link, Outcome);

    fn next_job(&mut self) -> Option<Link> {
        loop {
            match self.walk.next()? {
                Ok(link) => return Some(link),
                Err(error) => (self.hindered)(error),
            }
        }
    }

    fn done(&mut self, (link, outcome): (Link, Outcome)) -> anyhow::Result<()> {
        self.progress.advance(1);
        if let Err(Refused::Fetch {
            error: error @ FetchError::Unreadable { .. },
            ..
        }) = &outcome
        {
            return Err(unreadable(error).into());
        }
        let outcome = outcome.map(|(role, length)| Visited {
            is_first: self.walk.enter(&link, &role),
            role,
            length,
        });
        (self.visit)(Visit { link, outcome });
        Ok(())
    }
}
