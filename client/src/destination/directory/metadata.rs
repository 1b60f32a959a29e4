use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::Directory;
use crate::destination::fault::changed;
use crate::destination::{Files, NewFile, Written};
use crate::file::{self, Access, Durable};
use crate::show::{Progress, escape};

const METADATA: &str = "metadata";

/// Puts metadata: first all contents under temporary names, then, once they are durable, the names
/// in their order.
pub(super) async fn put(
    to: &Directory,
    files: Files<'_>,
    progress: &Progress,
    written: &mut Written,
) -> anyhow::Result<()> {
    let mut pending = Vec::new();
    let mut contents = Durable::default();
    let mut directory = None;
    for file in files {
        let file = file?;
        to.interrupt.check().await?;
        if is_there(to, &file)? {
            progress.advance(file.length);
            continue;
        }
        let directory: &PathBuf = match &directory {
            Some(directory) => directory,
            None => directory.insert(to.prepare(METADATA)?),
        };
        let temporary = write(to, directory, &file, progress)?;
        contents.add(&temporary);
        pending.push((temporary, file.name));
    }
    let Some(directory) = directory else {
        return Ok(());
    };
    let failed = |error: io::Error| to.not_written(METADATA, &error);
    contents.sync(&directory).map_err(failed)?;
    for (temporary, name) in pending {
        to.interrupt.check().await?;
        temporary
            .persist_noclobber(to.path(&name))
            .map_err(|error| to.not_written(&name, &error.error))?;
        written.add(&name);
    }
    file::sync_directory(&directory).map_err(failed)
}

fn write(
    to: &Directory,
    directory: &Path,
    file: &NewFile,
    progress: &Progress,
) -> anyhow::Result<TempPath> {
    let failed = |error: io::Error| to.not_written(&file.name, &error);
    let mut new = file::temporary_in(directory, Access::Public).map_err(failed)?;
    file.write_to(new.as_file_mut(), progress)
        .map_err(|error| error.downcast().map_or_else(|error| error, failed))?;
    Ok(new.into_temp_path())
}

/// Whether the file is there; an error where it is with another content.
fn is_there(to: &Directory, file: &NewFile) -> anyhow::Result<bool> {
    let path = to.path(&file.name);
    let same = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened.and_then(|mut there| file.is_content_of(&mut there)),
    };
    match same {
        Ok(true) => Ok(true),
        _ => Err(changed(&escape(&path.display().to_string())).into()),
    }
}
