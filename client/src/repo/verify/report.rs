use std::collections::BTreeSet;

use privyseal_tuf::{Finding, Header, Role, Tally, TargetPath, VerifyError};

use crate::failure::Advice;
use crate::fetch::FetchError;
use crate::show::{absolute, in_days};

/// What was verified, and what was found on the way.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Number of roots, from the first to the last.
    pub roots: u64,
    /// From which roots clients get where; empty where one root was given.
    pub starts: Vec<RootStart>,
    /// The documents that clients will see, the top-level roles first; delegated ones for each
    /// delegation to them.
    pub roles: Vec<RoleReport>,
    /// Number of targets that clients find.
    pub targets: usize,
    /// The bytes of their files.
    pub bytes: u64,
    /// Targets that are listed, and that no client finds.
    pub unfound: Vec<Unfound>,
    /// What clients take, and a person should know. Each text once.
    pub warnings: BTreeSet<Warning>,
    /// What clients refuse.
    pub problems: Vec<String>,
}

/// How far clients come that start from one root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootStart {
    /// The root's version.
    pub version: u64,
    /// The root that they don't get beyond, and why; none where they reach the last.
    pub stuck: Option<(u64, String)>,
}

/// A verified document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleReport {
    /// The role.
    pub role: Role,
    /// Who delegates to it; nobody to a top-level role.
    pub delegator: Option<Role>,
    /// The version.
    pub version: u64,
    /// The expiry (Unix seconds).
    pub expires: i64,
    /// Who signed it.
    pub tally: Tally,
}

/// An entry for a target that no client finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfound {
    /// The target.
    pub path: TargetPath,
    /// The role that lists it.
    pub role: Role,
    /// Why.
    pub finding: Finding,
}

/// A remark, and of which kind it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// A stable name, for scripts.
    pub kind: &'static str,
    /// For a person.
    pub text: String,
}

impl Report {
    pub(super) fn add_role(
        &mut self,
        role: Role,
        delegator: Option<&Role>,
        header: &Header,
        tally: &Tally,
    ) {
        self.roles.push(RoleReport {
            role,
            delegator: delegator.cloned(),
            version: header.version,
            expires: header.expires.seconds(),
            tally: tally.clone(),
        });
    }

    /// What is wrong, in one sentence; none where clients take it.
    pub fn refusal(&self) -> Option<String> {
        let (first, more) = self.problems.split_first()?;
        Some(match more.len() {
            0 => first.clone(),
            1 => format!("{first} (and 1 more problem)"),
            more => format!("{first} (and {more} more problems)"),
        })
    }

    pub(super) fn warn(&mut self, kind: &'static str, text: String) {
        self.warnings.insert(Warning { kind, text });
    }
}

/// Why a verification does not go on.
pub(super) enum Stop {
    /// Clients would not go on either.
    Problem(String),
    /// What should be verified can't be read.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<FetchError> for Stop {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Unreadable { .. } => Self::Failed(unreadable(&error).into()),
            FetchError::Missing { .. } | FetchError::TooLong { .. } => {
                Self::Problem(error.to_string())
            }
        }
    }
}

/// A failure that says nothing of the repository.
pub(super) fn unreadable(error: &FetchError) -> Advice {
    Advice::failed(
        format!("{error}: the repository is not verified"),
        "see that the place can be reached and read, and try again",
    )
}

/// What is wrong, for a person. Of an expiry it says by which clock: clocks are wrong, too.
pub(super) fn describe(error: &VerifyError, now: i64) -> String {
    match error {
        VerifyError::Expired { role, expires } => format!(
            "{role}: expired at {expires}, {} by this computer's clock, which says {}: is the clock right?",
            in_days(expires.seconds(), now),
            absolute(now)
        ),
        error => error.to_string(),
    }
}
