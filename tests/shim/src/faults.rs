//! The file of faults.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cryptoki_sys::{CK_FLAGS, CK_RV};

/// What a fault does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    /// Returns this value, and forwards nothing.
    Answer(CK_RV),
    /// Sleeps first.
    Sleep(Duration),
    /// One bit of the signature is wrong.
    Corrupt,
    /// The signature is a byte too short.
    Shorten,
    /// These flags of the token are set too.
    Flags(CK_FLAGS),
}

/// A line of the file.
#[derive(Debug)]
struct Fault {
    function: String,
    /// Calls that it still applies to; none for all.
    left: Option<u64>,
    spoil: Spoil,
}

/// The faults as the file had them last.
pub(crate) struct Faults {
    path: PathBuf,
    read: Mutex<(Stamp, Vec<Fault>)>,
}

/// Tells one version of the file from the next: device time alone is too coarse.
pub(crate) type Stamp = Option<(u64, i64, i64, u64)>;

impl Faults {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            read: Mutex::new((None, Vec::new())),
        }
    }

    /// The file's present version.
    pub(crate) fn stamp(&self) -> Stamp {
        let facts = std::fs::metadata(&self.path).ok()?;
        Some((facts.ino(), facts.mtime(), facts.mtime_nsec(), facts.size()))
    }

    /// Takes the faults of a kind that apply to this call, using each up by one.
    pub(crate) fn take(&self, function: &str, kind: impl Fn(Spoil) -> bool) -> Vec<Spoil> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.stamp();
        if read.0 != stamp {
            let text = std::fs::read_to_string(&self.path).unwrap_or_default();
            *read = (stamp, text.lines().filter_map(parse).collect());
        }
        let mut taken = Vec::new();
        for fault in &mut read.1 {
            if fault.function == function && fault.left != Some(0) && kind(fault.spoil) {
                fault.left = fault.left.map(|left| left - 1);
                taken.push(fault.spoil);
            }
        }
        taken
    }
}

fn parse(line: &str) -> Option<Fault> {
    let mut words = line.split_whitespace();
    let function = words.next()?.to_owned();
    let left = match words.next()? {
        "-" => None,
        count => Some(count.parse().ok()?),
    };
    let spoil = match (words.next()?, words.next()) {
        ("answer", Some(value)) => Spoil::Answer(value.parse().ok()?),
        ("sleep", Some(millis)) => Spoil::Sleep(Duration::from_millis(millis.parse().ok()?)),
        ("flags", Some(flags)) => Spoil::Flags(flags.parse().ok()?),
        ("corrupt", None) => Spoil::Corrupt,
        ("shorten", None) => Spoil::Shorten,
        _ => return None,
    };
    Some(Fault {
        function,
        left,
        spoil,
    })
}
