use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use tempfile::TempDir;

use super::Directory;
use crate::destination::{Reveal, TIMESTAMP, Written};
use crate::file::{self, Access, TEMPORARY};

const METADATA: &str = "metadata";

/// Shows new roots and the new timestamp at one moment: a copy of the metadata directory that has
/// both takes the old one's place. False where this can't be done here.
pub(super) fn at_once(
    to: &Directory,
    reveal: &Reveal<'_>,
    written: &mut Written,
) -> anyhow::Result<bool> {
    let failed = |error: io::Error| to.not_written(METADATA, &error);
    let old = to.path(METADATA);
    let Some(new) = linked_copy(&old, &to.base).map_err(failed)? else {
        return Ok(false);
    };
    for root in &reveal.roots {
        let name = root.name.rsplit('/').next().unwrap_or_default();
        file::write_atomically(&new.path().join(name), &root.read()?, Access::Public)
            .map_err(failed)?;
    }
    if let Some(bytes) = &reveal.timestamp {
        let name = TIMESTAMP.rsplit('/').next().unwrap_or_default();
        file::write_atomically(&new.path().join(name), bytes, Access::Public).map_err(failed)?;
    }
    match renameat2(
        AT_FDCWD,
        new.path(),
        AT_FDCWD,
        &old,
        RenameFlags::RENAME_EXCHANGE,
    ) {
        Ok(()) => {}
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::EBUSY | Errno::EXDEV) => return Ok(false),
        Err(error) => return Err(failed(error.into())),
    }
    file::sync_directory(&to.base).map_err(failed)?;
    reveal.roots.iter().for_each(|root| written.add(&root.name));
    if reveal.timestamp.is_some() {
        written.add(TIMESTAMP);
    }
    // What has the temporary name now is the old directory.
    new.close().map_err(failed)?;
    Ok(true)
}

/// A directory with every file of another one, as second names. None where that one is no plain
/// directory of files.
fn linked_copy(old: &Path, base: &Path) -> io::Result<Option<TempDir>> {
    let found = fs::symlink_metadata(old)?;
    if !found.is_dir() {
        return Ok(None);
    }
    let new = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(found.permissions())
        .tempdir_in(base)?;
    // The umask may have taken some of the mode away.
    fs::set_permissions(new.path(), found.permissions())?;
    let made = fs::metadata(new.path())?;
    if (made.uid(), made.gid()) != (found.uid(), found.gid()) {
        chown(new.path(), Some(found.uid()), Some(found.gid()))?;
    }
    for entry in fs::read_dir(old)? {
        let entry = entry?;
        let linked = entry.file_type()?.is_file()
            && fs::hard_link(entry.path(), new.path().join(entry.file_name())).is_ok();
        if !linked {
            return Ok(None);
        }
    }
    Ok(Some(new))
}
