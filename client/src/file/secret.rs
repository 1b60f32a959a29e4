use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;

use zeroize::Zeroizing;

/// The mode of a file that others than its owner can get at; none where nobody else can.
///
/// # Errors
/// The system's.
pub fn open_to_others(file: &File) -> io::Result<Option<u32>> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Reads a whole file, which may be a secret; none where it is no plain file, or longer than
/// `longest` bytes.
///
/// # Errors
/// The system's.
pub fn read_secret(file: File, longest: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > longest {
        return Ok(None);
    }
    // The capacity is there from the start: a growing buffer would leave copies behind.
    let capacity = usize::try_from(metadata.len()).unwrap_or(0) + 1;
    let mut all = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(metadata.len()).read_to_end(&mut all)?;
    Ok(Some(all))
}
