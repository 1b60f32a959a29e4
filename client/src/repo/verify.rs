use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::Context;
use privyseal_tuf::{Hashes, Role, RoleType, Target, TargetPath, TrustedRepository};
use sha2::{Digest, Sha512};

use crate::failure::Advice;
use crate::file::copy_hashing;
use crate::show::Progress;

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of roots, from the first to the last.
    pub roots: u64,
    /// Role, version and expiry (Unix seconds) of each document that clients will see.
    pub documents: Vec<(RoleType, u64, i64)>,
    /// Number of target files.
    pub targets: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The files of a repository that a client fetches.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// From the first on.
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) timestamp: Vec<u8>,
    pub(super) snapshot: Vec<u8>,
    pub(super) targets: Vec<u8>,
}

impl Chain {
    /// Verifies every link as a client does, at `now` (Unix seconds).
    pub(super) fn verify(&self, now: i64) -> anyhow::Result<TrustedRepository> {
        let (first, later) = self
            .roots
            .split_first()
            .ok_or_else(|| not_verified("there is no 1.root.json"))?;
        let verified = || {
            let mut trusted = TrustedRepository::new(first, now)?;
            later
                .iter()
                .try_for_each(|root| trusted.update_root(root))?;
            trusted.update_timestamp(&self.timestamp)?;
            trusted.update_snapshot(&self.snapshot)?;
            trusted.update_targets(&self.targets)?;
            Ok(trusted)
        };
        verified().map_err(|e: privyseal_tuf::VerifyError| not_verified(&e.to_string()).into())
    }
}

/// Verifies a published repository from `1.root.json` to every target file.
pub fn verify(metadata: &Path, targets: &Path, now: i64) -> anyhow::Result<Verified> {
    let chain = read_chain(metadata)?;
    let trusted = chain.verify(now)?;
    let files = trusted
        .targets()
        .map(|targets| targets.targets.clone())
        .unwrap_or_default();
    let bytes = files.values().map(|target| target.length).sum();
    let progress = Progress::of_bytes(bytes, "verifying targets");
    for (path, target) in &files {
        verify_target(targets, path, target, &progress)?;
    }
    Ok(Verified {
        roots: chain.roots.len() as u64,
        documents: documents(&trusted),
        targets: files.len(),
        bytes,
    })
}

fn documents(trusted: &TrustedRepository) -> Vec<(RoleType, u64, i64)> {
    let root = Some(&trusted.root().header);
    let targets = trusted.targets().map(|targets| &targets.header);
    let snapshot = trusted.snapshot().map(|snapshot| &snapshot.header);
    let timestamp = trusted.timestamp().map(|timestamp| &timestamp.header);
    RoleType::ALL
        .into_iter()
        .zip([root, targets, snapshot, timestamp])
        .filter_map(|(role, header)| Some((role, header?)))
        .map(|(role, header)| (role, header.version, header.expires.seconds()))
        .collect()
}

fn read_chain(metadata: &Path) -> anyhow::Result<Chain> {
    let published = super::Published::read(metadata)?;
    let version = |role: RoleType| published.version(&role.into()).unwrap_or(1);
    let read = |role, version| {
        let name = Role::Top(role).file_name(version);
        fs::read(metadata.join(&name)).map_err(|e| not_verified(&format!("{name}: {e}")))
    };
    Ok(Chain {
        roots: (1..=published.roots.len() as u64)
            .map(|version| read(RoleType::Root, version))
            .collect::<Result<_, _>>()?,
        timestamp: read(RoleType::Timestamp, version(RoleType::Timestamp))?,
        snapshot: read(RoleType::Snapshot, version(RoleType::Snapshot))?,
        targets: read(RoleType::Targets, version(RoleType::Targets))?,
    })
}

fn verify_target(
    directory: &Path,
    path: &TargetPath,
    target: &Target,
    progress: &Progress,
) -> anyhow::Result<()> {
    for file in file_names(path, &target.hashes) {
        let wrong = |why: &str| not_verified(&format!("target file {file}: {why}"));
        let mut from = File::open(directory.join(&file)).map_err(|e| wrong(&e.to_string()))?;
        let mut sha512 = Sha512Writer(Sha512::new());
        let found = copy_hashing(&mut from, &mut sha512, progress)
            .with_context(|| format!("target file {file}"))?;
        let sha512 = hex::encode(sha512.0.finalize());
        let same = |(name, digest): (&str, &str)| match name {
            "sha256" => digest.eq_ignore_ascii_case(&found.sha256.to_string()),
            "sha512" => digest.eq_ignore_ascii_case(&sha512),
            _ => true,
        };
        if found.length != target.length || !target.hashes.iter().all(same) {
            return Err(wrong("it has another content than the metadata says").into());
        }
    }
    Ok(())
}

struct Sha512Writer(Sha512);

impl io::Write for Sha512Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files of a target under consistent snapshots: one for each listed hash, which stands before
/// the base name (spec, section 6.2).
pub(super) fn file_names(path: &TargetPath, hashes: &Hashes) -> Vec<String> {
    let (directory, base) = match path.as_str().rsplit_once('/') {
        Some((directory, base)) => (format!("{directory}/"), base),
        None => (String::new(), path.as_str()),
    };
    hashes
        .iter()
        .map(|(_, digest)| format!("{directory}{digest}.{base}"))
        .collect()
}

pub(super) fn not_verified(what: &str) -> Advice {
    Advice::needs_person(
        format!("the repository does not verify: {what}"),
        "clients would refuse it; `privyseal repo status` and `privyseal repo diff` show how it stands",
    )
}
