use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use privyseal_tuf::{Hashes, Target, TargetPath};
use sha2::{Digest, Sha256, Sha512};

use super::entries::Entry;
use super::lanes::{self, Crew};
use super::report::unreadable;
use crate::fetch::{FetchError, Source};
use crate::show::Progress;

/// How closely target files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FileCheck {
    /// Not at all.
    None,
    /// Whether they are there, with the right length.
    Length,
    /// Length and hashes of each.
    All,
}

/// As many problems of files are told.
const MOST_PROBLEMS: usize = 100;

/// Verifies the files of targets; returns what is wrong with them.
pub(super) fn verify_files(
    source: &Source,
    consistent: bool,
    check: FileCheck,
    entries: &[Entry],
) -> anyhow::Result<Vec<String>> {
    if check == FileCheck::None {
        return Ok(Vec::new());
    }
    let copies = entries.iter().flat_map(|entry| {
        let names = match consistent {
            true => file_names(&entry.path, &entry.target.hashes),
            false => vec![entry.path.to_string()],
        };
        names.into_iter().map(|name| (name, &entry.target))
    });
    let read = AtomicU64::new(0);
    let progress = match check {
        FileCheck::All => {
            let bytes = entries.iter().map(|entry| bytes(entry, consistent));
            Progress::of_bytes(bytes.sum(), "verifying files")
        }
        _ => Progress::of_count(entries.len() as u64, "verifying files"),
    };
    let mut checking = Checking {
        copies,
        read: &read,
        told: 0,
        progress,
        problems: Vec::new(),
        more: 0,
    };
    lanes::run(source.lanes(), &mut checking, |(name, target)| {
        let outcome = match check {
            FileCheck::All => verify_file(source, &name, target, &read),
            _ => verify_length(source, &name, target, &read),
        };
        outcome.map_err(|wrong| (name, wrong))
    })?;
    let (mut problems, more) = (checking.problems, checking.more);
    if more > 0 {
        problems.push(format!("and {more} more target files"));
    }
    Ok(problems)
}

/// The bytes that are read for an entry.
fn bytes(entry: &Entry, consistent: bool) -> u64 {
    let copies = if consistent {
        entry.target.hashes.iter().count()
    } else {
        1
    };
    entry.target.length.saturating_mul(copies as u64)
}

/// Why a file is not what the metadata says, or was not read.
#[derive(Debug)]
enum Wrong {
    Fetch(FetchError),
    Read(io::Error),
    Content(&'static str),
}

impl From<FetchError> for Wrong {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

struct Checking<'a, I> {
    copies: I,
    /// What the threads have done: bytes, or files where these are not read.
    read: &'a AtomicU64,
    told: u64,
    progress: Progress,
    problems: Vec<String>,
    /// Problems that are not told.
    more: u64,
}

impl<'a, I: Iterator<Item = (String, &'a Target)>> Crew for Checking<'a, I> {
    type Job = (String, &'a Target);
    type Outcome = Result<(), (String, Wrong)>;

    fn next_job(&mut self) -> Option<Self::Job> {
        self.copies.next()
    }

    fn done(&mut self, outcome: Self::Outcome) -> anyhow::Result<()> {
        let problem = match outcome {
            Ok(()) => return Ok(()),
            Err((_, Wrong::Fetch(error @ FetchError::Unreadable { .. }))) => {
                return Err(unreadable(&error).into());
            }
            Err((name, Wrong::Read(error))) => {
                let (place, reason) = (name, error.to_string());
                return Err(unreadable(&FetchError::Unreadable { place, reason }).into());
            }
            Err((_, Wrong::Fetch(error))) => format!("target file {error}"),
            Err((name, Wrong::Content(why))) => format!("target file {name}: {why}"),
        };
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
        Ok(())
    }

    fn tick(&mut self) {
        let read = self.read.load(Ordering::Relaxed);
        self.progress.advance(read.saturating_sub(self.told));
        self.told = read;
    }
}

fn verify_length(
    source: &Source,
    name: &str,
    target: &Target,
    progress: &AtomicU64,
) -> Result<(), Wrong> {
    progress.fetch_add(1, Ordering::Relaxed);
    match source.target_length(name)? {
        Some(length) if length != target.length => Err(Wrong::Content(OTHER_LENGTH)),
        Some(_) => Ok(()),
        None => Err(Wrong::Content("the server does not tell its length")),
    }
}

const OTHER_LENGTH: &str = "it has another length than the metadata says";

fn verify_file(
    source: &Source,
    name: &str,
    target: &Target,
    progress: &AtomicU64,
) -> Result<(), Wrong> {
    let content = source.target(name)?;
    // One byte more tells whether it goes on.
    let mut reader = content.reader.take(target.length.saturating_add(1));
    let mut known =
        Known::of(&target.hashes).ok_or(Wrong::Content("no client knows its hashes"))?;
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let read = match reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(Wrong::Read)?,
        };
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        known.update(chunk);
        length += read as u64;
        progress.fetch_add(read as u64, Ordering::Relaxed);
    }
    if length != target.length {
        return Err(Wrong::Content(OTHER_LENGTH));
    }
    match known.matches(&target.hashes) {
        true => Ok(()),
        false => Err(Wrong::Content(
            "it has another content than the metadata says",
        )),
    }
}

/// The hashes that this program computes, of which at least one is listed.
struct Known {
    sha256: Option<Sha256>,
    sha512: Option<Sha512>,
}

impl Known {
    fn of(hashes: &Hashes) -> Option<Self> {
        let has = |wanted| hashes.iter().any(|(name, _)| name == wanted);
        let known = Self {
            sha256: has("sha256").then(Sha256::new),
            sha512: has("sha512").then(Sha512::new),
        };
        (known.sha256.is_some() || known.sha512.is_some()).then_some(known)
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.sha256 {
            hasher.update(bytes);
        }
        if let Some(hasher) = &mut self.sha512 {
            hasher.update(bytes);
        }
    }

    fn matches(self, hashes: &Hashes) -> bool {
        let sha256 = self.sha256.map(|hasher| hex::encode(hasher.finalize()));
        let sha512 = self.sha512.map(|hasher| hex::encode(hasher.finalize()));
        hashes.iter().all(|(name, digest)| {
            let found = match name {
                "sha256" => &sha256,
                "sha512" => &sha512,
                _ => return true,
            };
            found
                .as_ref()
                .is_some_and(|found| found.eq_ignore_ascii_case(digest))
        })
    }
}

/// The files of a target under consistent snapshots: one for each listed hash, which stands before
/// the base name (spec, section 6.2).
fn file_names(path: &TargetPath, hashes: &Hashes) -> Vec<String> {
    let (directory, base) = match path.as_str().rsplit_once('/') {
        Some((directory, base)) => (format!("{directory}/"), base),
        None => (String::new(), path.as_str()),
    };
    hashes
        .iter()
        .map(|(_, digest)| format!("{directory}{digest}.{base}"))
        .collect()
}
