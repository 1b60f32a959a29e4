//! The file of counters.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Bytes of a line: the name, blanks, 12 digits, a newline.
const LINE: usize = 48;

/// One counter for each function, in the file's order.
pub(crate) struct Counters {
    file: File,
    names: &'static [&'static str],
    counts: Mutex<Vec<u64>>,
}

impl Counters {
    /// Starts the file anew, all counters at zero.
    pub(crate) fn create(path: &Path, names: &'static [&'static str]) -> io::Result<Self> {
        let file = File::create(path)?;
        let lines: String = names.iter().map(|name| line(name, 0)).collect();
        file.write_all_at(lines.as_bytes(), 0)?;
        Ok(Self {
            file,
            names,
            counts: Mutex::new(vec![0; names.len()]),
        })
    }

    /// Counts a call. The file says so before the call is made.
    pub(crate) fn count(&self, name: &str) {
        let Some(row) = self.names.iter().position(|other| *other == name) else {
            return;
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(row) {
            *count += 1;
            let offset = u64::try_from(row * LINE).unwrap_or(u64::MAX);
            // A test that can't read its counters fails by itself.
            let _ = self
                .file
                .write_all_at(line(name, *count).as_bytes(), offset);
        }
    }
}

fn line(name: &str, count: u64) -> String {
    format!("{name:34} {count:12}\n")
}
