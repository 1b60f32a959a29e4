//! Files that appear whole or not at all.

mod bounded;
mod copy;
mod durable;
mod secret;

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub use bounded::{read_at_most, read_if_there, remove_if_there};
pub use copy::{Copied, copy_hashing};
pub use durable::Durable;
pub use secret::{open_to_others, read_secret};

/// What the names of temporary files and directories begin with.
pub const TEMPORARY: &str = ".privyseal-";

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner: mode 0600.
    Private,
    /// All: mode 0644, within the user's umask.
    Public,
}

/// Writes a file by way of a temporary one in the same directory, and makes file and name durable.
/// After an error the old content stands.
pub fn write_atomically(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut file = temporary_in(directory_of(path), access)?;
    file.write_all(bytes)?;
    persist(file, path)
}

/// Writes many files of one file system as [`write_atomically`] writes one, with few waits for the
/// disk. Each appears whole; after an error some can be there and others not.
pub fn write_all_atomically(
    files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>,
    access: Access,
) -> io::Result<()> {
    let (mut contents, mut names) = (Durable::default(), Durable::default());
    let mut written = Vec::new();
    for (path, bytes) in files {
        let mut file = temporary_in(directory_of(&path), access)?;
        file.write_all(&bytes)?;
        // Closed: there can be more of them than files may be open.
        let temporary = file.into_temp_path();
        contents.add(&temporary);
        written.push((temporary, path));
    }
    let Some(directory) = written
        .first()
        .map(|(_, path)| directory_of(path).to_owned())
    else {
        return Ok(());
    };
    contents.sync(&directory)?;
    for (temporary, path) in written {
        temporary.persist(&path).map_err(|error| error.error)?;
        names.add(directory_of(&path));
    }
    names.sync(&directory)
}

/// A new temporary file in a directory, removed again unless it gets a name.
pub fn temporary_in(directory: &Path, access: Access) -> io::Result<NamedTempFile> {
    let mode = match access {
        Access::Private => 0o600,
        Access::Public => 0o644,
    };
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory)
}

/// Gives a temporary file its name, with content and name durable.
pub fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_directory(directory_of(path))
}

/// Removes temporary files and directories that a process left which was killed. The caller sees
/// to it that no other process is at work there.
pub fn remove_temporary(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes a directory and those above it, with their names durable.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = directory
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    fs::create_dir_all(directory)?;
    missing
        .into_iter()
        .try_for_each(|path| sync_directory(directory_of(path)))
}

/// Makes the names in a directory durable.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The directory of a file.
pub fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
