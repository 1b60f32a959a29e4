//! Segments: the files that hold the records, their names and their headers.
//!
//! There is one, until a write fails; then the next one begins with the record that failed.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::disk::{self, CHUNK, Disk};
use crate::{Hash, Head, LedgerError};

pub(super) const HEADER: usize = 96;
const CHECKED: usize = 88;
const MAGIC: [u8; 4] = *b"\xF5PSL";
const VERSION: u32 = 1;
const END: [u8; 4] = *b"\xF5END";

/// The first bytes of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    /// The ledger's name; zeros in segment 0, whose first record gives it.
    pub(super) genesis: Hash,
    /// The records before this segment: its first record's index and the root over them.
    pub(super) start: Head,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let fields: [&[u8]; 6] = [
            &MAGIC,
            &VERSION.to_le_bytes(),
            &self.number.to_le_bytes(),
            &self.genesis.0,
            &self.start.size.to_le_bytes(),
            &self.start.root.0,
        ];
        let (checked, rest) = bytes.split_at_mut(CHECKED);
        for (to, from) in checked.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        let checksum = crc32c::crc32c(checked).to_le_bytes();
        for (to, from) in rest.iter_mut().zip(checksum.iter().chain(&END)) {
            *to = *from;
        }
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        let u64_at = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let hash_at = |at: usize| Some(Hash(*bytes.get(at..)?.first_chunk()?));
        let start = Head {
            size: u64_at(48)?,
            root: hash_at(56)?,
        };
        let header = Self {
            number: u64_at(8)?,
            genesis: hash_at(16)?,
            start,
        };
        // Writing it again covers magic, version, checksum and end mark at once.
        (header.encode() == *bytes).then_some(header)
    }
}

/// Why a system call on a directory's segments was made, for errors.
const LISTING: &str = "cannot read the directory";

/// The file of segment `number`.
pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.seg"))
}

/// How many segments the directory holds; each number below must be there.
pub(super) fn count(dir: &Path) -> Result<u64, LedgerError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(|error| LedgerError::io(dir, LISTING, error))?,
    };
    let mut count = 0;
    for entry in entries {
        let entry = entry.map_err(|error| LedgerError::io(dir, LISTING, error))?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(".seg")?.parse::<u64>().ok());
        if let Some(number) = number.filter(|number| path(dir, *number) == entry.path()) {
            count = count.max(number.saturating_add(1));
        }
    }
    Ok(count)
}

/// Makes the segment of `header` with `frames` as its first records, durable, and opens it.
///
/// It is made under another name and renamed when it is whole, so no crash leaves half a segment;
/// a segment of the same number that no acknowledged record stands in is replaced.
pub(super) fn create(
    disk: &dyn Disk,
    dir: &Path,
    header: &Header,
    frames: &[u8],
) -> io::Result<(File, u64)> {
    let path = path(dir, header.number);
    let new = path.with_extension("new");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    let length = allocation((HEADER + frames.len()) as u64);
    disk::extend(disk, &file, 0, length)
        .and_then(|()| disk::write_all(disk, &file, &header.encode(), 0))
        .and_then(|()| disk::write_durably(disk, &file, frames, HEADER as u64))
        .and_then(|()| fs::rename(&new, &path))
        .inspect_err(|_| drop(fs::remove_file(&new)))?;
    sync_directory(dir)?;
    Ok((file, length))
}

/// The length of a segment whose records end at `end`: there is always a zero after the last one,
/// so that records which reach the file's end show that it was cut.
pub(super) fn allocation(end: u64) -> u64 {
    (end + 1).next_multiple_of(CHUNK)
}

/// Makes the directory if it is not there, with its entry durable.
pub(super) fn create_directory(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
            _ => sync_directory(Path::new(".")),
        },
    }
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
