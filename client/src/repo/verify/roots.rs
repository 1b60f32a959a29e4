use privyseal_tuf::{Role, RoleType, Root, TrustedRepository};

use super::report::{Report, RootStart, Stop, describe};
use super::warnings::Keyids;
use crate::fetch::{FetchError, Source};

/// More roots than any client follows (the specification suggests 2¹⁰).
const MOST_ROOTS: u64 = 1024;

/// The longest root that is read: python-tuf's clients read no more either.
pub(super) const ROOT_BYTES: u64 = 512_000;

/// The roots of a repository.
pub(super) struct Roots<'a> {
    pub(super) source: &'a Source,
    pub(super) keyids: Keyids,
    /// Unix seconds.
    pub(super) now: i64,
}

impl Roots<'_> {
    /// Follows the roots from one that is trusted to the last, as a client does.
    pub(super) fn follow(
        &self,
        mut trusted: TrustedRepository,
        report: &mut Report,
    ) -> Result<TrustedRepository, Stop> {
        self.seen(&trusted, report);
        while let Some(bytes) = self.fetch(trusted.root().header.version + 1)? {
            trusted
                .update_root(&bytes)
                .map_err(|error| Stop::Problem(describe(&error, self.now)))?;
            self.seen(&trusted, report);
        }
        Ok(trusted)
    }

    /// Looks at every root as one that clients start from, and says which of them get stuck. The last
    /// one is returned.
    pub(super) fn every(&self, report: &mut Report) -> Result<TrustedRepository, Stop> {
        let mut last = None;
        let mut version = 1;
        while let Some(bytes) = self.fetch(version)? {
            let follows = last
                .take()
                .map(|mut before: TrustedRepository| before.update_root(&bytes));
            if let Some(Err(error)) = follows {
                stop_all(report, version - 1, &describe(&error, self.now));
            }
            let start = TrustedRepository::new(&bytes, self.now);
            let own = match start {
                Ok(root) if root.root().header.version == version => Ok(root),
                Ok(root) => Err(format!(
                    "{version}.root.json has version {}",
                    root.root().header.version
                )),
                Err(error) => Err(describe(&error, self.now)),
            };
            report.starts.push(RootStart {
                version,
                stuck: own.as_ref().err().map(|why| (version, why.clone())),
            });
            if let Ok(root) = &own {
                self.seen(root, report);
            }
            last = own.ok();
            version += 1;
        }
        if version == 1 {
            return Err(Stop::Problem("there is no 1.root.json".to_owned()));
        }
        report.problems.extend(stuck(&report.starts));
        last.ok_or_else(|| Stop::Problem("nobody can trust the last root".to_owned()))
    }

    fn fetch(&self, version: u64) -> Result<Option<Vec<u8>>, Stop> {
        if version > MOST_ROOTS {
            let text = format!("there are more than {MOST_ROOTS} roots: clients give up before");
            return Err(Stop::Problem(text));
        }
        let name = Role::from(RoleType::Root).file_name(version);
        match self.source.metadata(&name, ROOT_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FetchError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn seen(&self, trusted: &TrustedRepository, report: &mut Report) {
        let root: &Root = trusted.root();
        report.roots += 1;
        self.keyids.of_root(root, report);
    }
}

/// Whoever came as far as `version` comes no further.
fn stop_all(report: &mut Report, version: u64, why: &str) {
    for start in report
        .starts
        .iter_mut()
        .filter(|start| start.stuck.is_none())
    {
        start.stuck = Some((version, why.to_owned()));
    }
}

/// Those who get stuck at one place, in one sentence.
fn stuck(starts: &[RootStart]) -> Vec<String> {
    let mut problems: Vec<String> = Vec::new();
    let groups = starts.chunk_by(|a, b| a.stuck == b.stuck);
    for group in groups {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let Some((at, why)) = &first.stuck else {
            continue;
        };
        let from = match first.version == last.version {
            true => format!("root {}", first.version),
            false => format!("root {} to {}", first.version, last.version),
        };
        problems.push(format!(
            "clients that start from {from} get no further than root {at}: {why}"
        ));
    }
    problems
}
