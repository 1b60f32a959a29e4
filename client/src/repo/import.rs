//! Takes over a repository that others made: every byte of it, and what it says of its signers.

mod building;
mod keyholders;
mod listed;
mod plain;
mod settle;
#[cfg(test)]
mod tests;
mod validity;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use privyseal_tuf::{Document, Role, RoleType, Sha256Digest};

use super::drafts::read_document;
use super::published::Published;
use super::settings::{Publishing, Settings};
use super::verify::{FileCheck, Report, Start, Verification};
use crate::failure::{Advice, Interrupted};
use crate::fetch::{Copies, Source};
use building::Building;
use settle::settle;

pub use keyholders::{Keyholders, OwnerName};
pub use settle::ImportedRole;
pub use validity::{Basis, Validity};

/// What is to be imported, and into what.
#[derive(Debug)]
pub struct Import {
    /// The repository.
    pub source: Source,
    /// The root by which it is known to be the right one.
    pub trusted: TrustedRoot,
    /// Whether target files are taken over too.
    pub with_files: bool,
    /// Whether metadata may be expired.
    pub allow_expired: bool,
    /// Whose its keys are.
    pub keyholders: Keyholders,
    /// The project's directory.
    pub directory: PathBuf,
    /// The authority in the agents' configs.
    pub authority: String,
    /// The repository's name.
    pub repository: String,
    /// Where to publish, relative to the project.
    pub output: PathBuf,
    /// Once this is true, it is given up.
    pub given_up: Arc<AtomicBool>,
    /// Unix seconds.
    pub now: i64,
}

/// One root that the repository must have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedRoot {
    /// Its version.
    pub version: u64,
    /// The digest of its payload.
    pub digest: Sha256Digest,
}

/// What was imported.
#[derive(Debug)]
pub struct Imported {
    /// What was verified.
    pub report: Report,
    /// How each role was taken over, the four first.
    pub roles: Vec<ImportedRole>,
    /// Whether target files were taken over too.
    pub with_files: bool,
    /// Whether published files have versions and hashes in their names.
    pub consistent: bool,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl Import {
    /// Reads and verifies all of the repository, and makes a project of it.
    ///
    /// # Errors
    /// Where clients would refuse any of it. Then there is no project, and no part of one.
    pub fn run(self) -> anyhow::Result<Imported> {
        let building = Building::begin(&self.directory, &self.output)?;
        let source = self.source.keeping(Copies {
            metadata: building.metadata(),
            targets: building.targets(),
            given_up: Arc::clone(&self.given_up),
        });
        let verification = Verification {
            source: &source,
            start: Start::EveryRoot,
            files: if self.with_files {
                FileCheck::All
            } else {
                FileCheck::None
            },
            strict_keyids: false,
            now: if self.allow_expired {
                i64::MIN
            } else {
                self.now
            },
        };
        let report = verification.run();
        if self.given_up.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        let report = report?;
        refuse_unverified(&report)?;
        let consistent = is_consistent(&building, report.roots)?;
        if !consistent {
            plain::add_versions(&building.metadata())?;
        }
        let published = Published::read(&building.metadata())?;
        self.trusted.refuse_other(&published)?;
        let gone = listed::take_rest(&source, &building.metadata(), &published, consistent)?;
        let mut settled = settle(&published, &self.keyholders, self.now)?;
        self.keyholders.refuse_unused()?;
        settled.notes.extend(gone.into_iter().map(|role| {
            format!("the snapshot lists {role}, to which nobody delegates, and its metadata is not there: it stays listed")
        }));
        building.finish(Settings {
            authority: self.authority,
            repository: self.repository,
            output: self.output,
            publishing: Publishing::default(),
            agents: Vec::new(),
            roles: settled.roles,
            delegated: settled.delegated,
        })?;
        Ok(Imported {
            report,
            roles: settled.told,
            with_files: self.with_files,
            consistent,
            notes: settled.notes,
        })
    }
}

impl TrustedRoot {
    /// Reads a root that came by a trusted way.
    pub fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let document = Document::parse(bytes)?;
        Ok(Self {
            version: document.root()?.header.version,
            digest: document.payload().digest,
        })
    }

    fn refuse_other(&self, published: &Published) -> Result<(), Advice> {
        let Self { version, digest } = self;
        let at = usize::try_from(*version)
            .ok()
            .and_then(|version| version.checked_sub(1));
        let found = at.and_then(|at| published.roots.get(at));
        if found.is_some_and(|root| root.payload().digest == *digest) {
            return Ok(());
        }
        let message = match found {
            Some(_) => format!("its root {version} is not the one that you trust"),
            None => format!("it has no root {version}, which you trust"),
        };
        Err(Advice::needs_person(
            format!("nothing was imported: {message}: this is another repository, or a forged one"),
            "compare the place and the root file with those who run the repository",
        ))
    }
}

fn refuse_unverified(report: &Report) -> Result<(), Advice> {
    match report.refusal() {
        None => Ok(()),
        Some(what) => Err(Advice::needs_person(
            format!("nothing was imported: the repository does not verify: {what}"),
            "have it repaired where it was made; --allow-expired takes one that is only expired, --no-targets one whose files are kept elsewhere",
        )),
    }
}

/// Whether published files have versions and hashes in their names.
fn is_consistent(building: &Building, roots: u64) -> anyhow::Result<bool> {
    let role = Role::from(RoleType::Root);
    let path = building.metadata().join(role.file_name(roots));
    let root = read_document(&path, RoleType::Root)?.context("there is no root")?;
    Ok(root.root()?.consistent_snapshot == Some(true))
}
