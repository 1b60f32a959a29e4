//! The system calls that can fail under a ledger, behind a trait so that tests make them fail.

use std::{fs::File, io, os::unix::fs::FileExt};

/// What the store asks of the disk when it writes.
pub(super) trait Disk: Send + Sync {
    /// `pwrite(2)`: may write less than it was given.
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// `fdatasync(2)`.
    fn sync_data(&self, file: &File) -> io::Result<()>;
    /// `ftruncate(2)`.
    fn set_len(&self, file: &File, length: u64) -> io::Result<()>;
}

/// The real one.
pub(super) struct System;

impl Disk for System {
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(bytes, offset)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }
}

/// Segments have a length of a multiple of this, in bytes.
pub(super) const CHUNK: u64 = 512 << 10;
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Writes all of `bytes` at `offset` and makes them durable.
pub(super) fn write_durably(
    disk: &dyn Disk,
    file: &File,
    bytes: &[u8],
    offset: u64,
) -> io::Result<()> {
    write_all(disk, file, bytes, offset)?;
    disk.sync_data(file)
}

/// Lengthens a file from `from` to `to` bytes with zeros that are on the disk, so that what
/// overwrites them needs no room and no change of the file's length. On failure the file has its
/// old length again.
pub(super) fn extend(disk: &dyn Disk, file: &File, from: u64, to: u64) -> io::Result<()> {
    // The length first, in one step: a crash in between leaves a whole number of chunks.
    disk.set_len(file, to)?;
    write_zeros(disk, file, from, to)
        .and_then(|()| disk.sync_data(file))
        .inspect_err(|_| drop(disk.set_len(file, from)))
}

/// Overwrites the bytes from `from` to before `to` with zeros.
pub(super) fn write_zeros(disk: &dyn Disk, file: &File, from: u64, to: u64) -> io::Result<()> {
    let mut offset = from;
    while offset < to {
        let length = (to - offset).min(ZEROS.len() as u64) as usize;
        let zeros = ZEROS.get(..length).unwrap_or(&ZEROS);
        write_all(disk, file, zeros, offset)?;
        offset += length as u64;
    }
    Ok(())
}

/// Writes all of `bytes` at `offset`.
pub(super) fn write_all(
    disk: &dyn Disk,
    file: &File,
    mut bytes: &[u8],
    mut offset: u64,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk.write_at(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
