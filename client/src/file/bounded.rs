use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Reads a file of at most `longest` bytes.
///
/// # Errors
/// The system's; [`io::ErrorKind::FileTooLarge`] where it is longer.
pub fn read_at_most(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more, so that a longer file is seen as one.
    let mut file = File::open(path)?.take(longest.saturating_add(1));
    file.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        let reason = format!("longer than {longest} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// As [`read_at_most`]; none where there is no such file.
///
/// # Errors
/// As [`read_at_most`].
pub fn read_if_there(path: &Path, longest: u64) -> io::Result<Option<Vec<u8>>> {
    match read_at_most(path, longest) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Removes a file; false where there is none.
///
/// # Errors
/// The system's.
pub fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert_eq!(read_if_there(&path, 4).unwrap(), None);
        assert!(!remove_if_there(&path).unwrap());
        fs::write(&path, "four").unwrap();
        assert_eq!(read_if_there(&path, 4).unwrap().unwrap(), b"four");
        let longer = read_at_most(&path, 3).unwrap_err();
        assert_eq!(longer.kind(), io::ErrorKind::FileTooLarge);
        assert!(remove_if_there(&path).unwrap());
        assert!(!path.exists());
    }
}
