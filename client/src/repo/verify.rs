//! Verification of a published repository, as its clients do it.

mod delegated;
mod entries;
mod files;
mod lanes;
mod report;
mod roots;
#[cfg(test)]
mod tests;
mod top;
mod warnings;

use std::path::Path;

use privyseal_tuf::{FindError, Found, Role, TargetPath, TrustedRepository, VerifiedRole};

use crate::failure::Advice;
use crate::fetch::{Location, Source};
use delegated::{Visit, walk_roles};
use entries::{Entries, Entry};
use files::verify_files;
use report::{Stop, describe};
use roots::Roots;
use top::Files;
use warnings::{Keyids, unbounded};

pub use files::FileCheck;
pub use report::{Report, RoleReport, RootStart, Unfound, Warning};

/// The longest root file that is read.
pub const MAX_ROOT: u64 = roots::ROOT_BYTES;

/// What is verified, and how far.
#[derive(Debug)]
pub struct Verification<'a> {
    /// The repository.
    pub source: &'a Source,
    /// Where clients start.
    pub start: Start,
    /// What is done with target files.
    pub files: FileCheck,
    /// Whether a keyid that is not its key's own is a problem, and not a warning.
    pub strict_keyids: bool,
    /// Unix seconds.
    pub now: i64,
}

/// The roots that clients trust from the beginning.
#[derive(Clone, Debug)]
pub enum Start {
    /// This one, which came by a trusted way.
    Root(Vec<u8>),
    /// Each that the repository ever had, the first included: it is trusted as it is found.
    EveryRoot,
}

impl Verification<'_> {
    /// Verifies everything. What clients would refuse stands in the report; an error means that
    /// something could not be read.
    pub fn run(&self) -> anyhow::Result<Report> {
        self.reported(|report| {
            let trusted = self.top(report)?;
            let entries = self.delegated(&trusted, report)?;
            self.files(&trusted, &entries, report)
        })
    }

    /// Verifies what a client needs to find one target, and its file.
    pub fn find(&self, path: &TargetPath) -> anyhow::Result<(Report, Option<Found>)> {
        let mut found = None;
        let report = self.reported(|report| {
            let trusted = self.top(report)?;
            found = self.search(&trusted, path)?;
            let Some(Found { role, target }) = &found else {
                return Ok(());
            };
            let mut entries = Entries::default();
            entries.add(role.clone(), [(path.clone(), target.clone())]);
            self.files(&trusted, &entries.into_found(), report)
        })?;
        Ok((report, found))
    }

    fn reported(
        &self,
        verify: impl FnOnce(&mut Report) -> Result<(), Stop>,
    ) -> anyhow::Result<Report> {
        let mut report = Report::default();
        match verify(&mut report) {
            Ok(()) => {}
            Err(Stop::Problem(problem)) => report.problems.push(problem),
            Err(Stop::Failed(error)) => return Err(error),
        }
        report.roles.sort_by(|a, b| a.role.cmp(&b.role));
        Ok(report)
    }

    /// The roots, timestamp, snapshot and top-level targets.
    fn top(&self, report: &mut Report) -> Result<TrustedRepository, Stop> {
        let roots = Roots {
            source: self.source,
            keyids: self.keyids(),
            now: self.now,
        };
        let mut trusted = match &self.start {
            Start::EveryRoot => roots.every(report)?,
            Start::Root(bytes) => {
                let first = TrustedRepository::new(bytes, self.now).map_err(|error| {
                    let message = format!("the trusted root can't be used: {error}");
                    Advice::failed(
                        message,
                        "name the root file that came to you by a trusted way",
                    )
                });
                roots.follow(first.map_err(anyhow::Error::from)?, report)?
            }
        };
        self.places(&trusted).top(&mut trusted, report, self.now)?;
        Ok(trusted)
    }

    /// Every delegated role; returns the targets that clients find.
    fn delegated(
        &self,
        trusted: &TrustedRepository,
        report: &mut Report,
    ) -> Result<Vec<Entry>, Stop> {
        let places = self.places(trusted);
        let mut hindered = Vec::new();
        let mut entries = Entries::default();
        if let Some(top) = trusted.targets() {
            let delegations = top.delegations.as_ref();
            delegations.inspect(|all| self.keyids().of_delegations(&Role::TARGETS, all, report));
            let targets = top.targets.iter();
            entries.add(
                Role::TARGETS,
                targets.map(|(path, target)| (path.clone(), target.clone())),
            );
        }
        let searches = walk_roles(
            trusted,
            &places,
            &mut |visit| self.visited(visit, &mut entries, report),
            &mut |error| hindered.push(describe(&error, self.now)),
        )?;
        report.problems.append(&mut hindered);
        let (found, unfound) = entries.judge(&searches);
        report.unfound = unfound;
        Ok(found)
    }

    fn visited(&self, visit: Visit, entries: &mut Entries, report: &mut Report) {
        let Visit { link, outcome } = visit;
        let (role, delegator) = (Role::from(link.role().clone()), link.delegator());
        let visited = match outcome {
            Ok(visited) => visited,
            Err(refused) => {
                report.problems.push(refused.describe(delegator, self.now));
                return;
            }
        };
        let VerifiedRole { targets, tally } = visited.role;
        report.add_role(role.clone(), Some(delegator), &targets.header, &tally);
        if visited.is_first {
            let length = link.file().ok().and_then(|file| file.length);
            unbounded(&role, length, visited.length, report);
            let delegations = targets.delegations.as_ref();
            delegations.inspect(|all| self.keyids().of_delegations(&role, all, report));
            entries.add(role, targets.targets);
        }
    }

    fn search(
        &self,
        trusted: &TrustedRepository,
        path: &TargetPath,
    ) -> Result<Option<Found>, Stop> {
        let places = self.places(trusted);
        let found = trusted.find_target(path, |role, file| places.metadata(role, file));
        found.map_err(|error| match error {
            FindError::Fetch { error, .. } => error.into(),
            FindError::Verify(error) => Stop::Problem(describe(&error, self.now)),
            error @ FindError::TooManyRoles(_) => Stop::Problem(error.to_string()),
        })
    }

    fn files(
        &self,
        trusted: &TrustedRepository,
        found: &[Entry],
        report: &mut Report,
    ) -> Result<(), Stop> {
        report.targets = found.len();
        report.bytes = found.iter().map(|entry| entry.target.length).sum();
        let consistent = self.places(trusted).consistent;
        let problems = verify_files(self.source, consistent, self.files, found)?;
        report.problems.extend(problems);
        Ok(())
    }

    fn places(&self, trusted: &TrustedRepository) -> Files<'_> {
        Files {
            source: self.source,
            consistent: trusted.root().consistent_snapshot == Some(true),
        }
    }

    fn keyids(&self) -> Keyids {
        Keyids {
            strict: self.strict_keyids,
        }
    }
}

/// Verifies a published repository in two directories, from every root to every target file.
pub fn verify(metadata: &Path, targets: &Path, now: i64) -> anyhow::Result<Report> {
    let location = |path: &Path| Location::Directory(path.to_owned());
    let source = Source::open(&location(metadata), Some(&location(targets)))?;
    let verification = Verification {
        source: &source,
        start: Start::EveryRoot,
        files: FileCheck::All,
        strict_keyids: false,
        now,
    };
    let report = verification.run()?;
    match report.refusal() {
        Some(what) => Err(not_verified(&what).into()),
        None => Ok(report),
    }
}

fn not_verified(what: &str) -> Advice {
    Advice::needs_person(
        format!("the repository does not verify: {what}"),
        "clients would refuse it; `privyseal repo status` and `privyseal repo diff` show how it stands",
    )
}
