use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::index::Index;
use super::memory::Memory;
use super::{HomeError, name};
use crate::file::{self, Access};
use crate::trust::reference::Gun;

/// What is known of one repository, in a directory of its own:
///
/// - `repository.json`, the index: which files belong together, and how trust began;
/// - `files/SHA256.json`, the metadata as it was received;
/// - whatever others keep there, such as staged changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryHome {
    gun: Gun,
    parent: PathBuf,
    directory: PathBuf,
    lock: PathBuf,
}

/// What is known of a repository, while no other process may read or write it.
#[derive(Debug)]
pub struct Locked<'a> {
    home: &'a RepositoryHome,
    _lock: File,
}

const INDEX: &str = "repository.json";

impl RepositoryHome {
    pub(super) fn new(parent: &Path, gun: &Gun) -> Self {
        // However its registry is written, there is one memory of it.
        let stem = name::stem(gun.canonical().as_str());
        Self {
            gun: gun.clone(),
            parent: parent.to_owned(),
            directory: parent.join(format!("{stem}.trust")),
            lock: parent.join(format!("{stem}.lock")),
        }
    }

    /// The repository that a directory is of, where something is known of it.
    pub(super) fn name_in(directory: &Path) -> Result<Option<Gun>, HomeError> {
        if directory.extension().is_none_or(|it| it != "trust") {
            return Ok(None);
        }
        let path = directory.join(INDEX);
        let index = Index::read(&path)?;
        let name = index.map(|index| index.repository.parse());
        name.transpose().map_err(|e| HomeError::damaged(&path, e))
    }

    /// The repository's name.
    pub fn gun(&self) -> &Gun {
        &self.gun
    }

    /// Its directory, which may not be there yet: see [`lock`](Self::lock).
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is known of it, with every file.
    ///
    /// # Errors
    /// Where a file can't be read, or is not the one that was kept.
    pub fn recall(&self) -> Result<Option<Memory>, HomeError> {
        if !self.directory.exists() {
            return Ok(None);
        }
        let lock = self.open_lock()?;
        lock.lock_shared()
            .map_err(|e| HomeError::io(&self.lock, e))?;
        self.read()
    }

    /// Waits until no other process uses it, makes its directory where there is none, and keeps
    /// others out.
    ///
    /// # Errors
    /// Where the directory can't be made or locked.
    pub fn lock(&self) -> Result<Locked<'_>, HomeError> {
        let made = make_private(&self.parent).and_then(|()| make_private(&self.directory));
        made.map_err(|e| HomeError::io(&self.directory, e))?;
        let lock = self.open_lock()?;
        lock.lock().map_err(|e| HomeError::io(&self.lock, e))?;
        // Whoever forgot the repository meanwhile removed it.
        make_private(&self.directory).map_err(|e| HomeError::io(&self.directory, e))?;
        Ok(Locked {
            home: self,
            _lock: lock,
        })
    }

    fn open_lock(&self) -> Result<File, HomeError> {
        let mut options = OpenOptions::new();
        let opened = options.create(true).append(true).mode(0o600);
        opened
            .open(&self.lock)
            .map_err(|e| HomeError::io(&self.lock, e))
    }

    fn index(&self) -> PathBuf {
        self.directory.join(INDEX)
    }

    fn files(&self) -> PathBuf {
        self.directory.join("files")
    }

    fn read(&self) -> Result<Option<Memory>, HomeError> {
        let path = self.index();
        let Some(index) = Index::read(&path)? else {
            return Ok(None);
        };
        if index.repository != self.gun.canonical().as_str() {
            return Err(HomeError::damaged(&path, "it is of another repository"));
        }
        index.load(&path, &self.files()).map(Some)
    }
}

impl Locked<'_> {
    /// What is known of it, with every file.
    ///
    /// # Errors
    /// As [`RepositoryHome::recall`].
    pub fn recall(&self) -> Result<Option<Memory>, HomeError> {
        self.home.read()
    }

    /// Puts this in the place of what was known. All of it is durable when this returns, and after
    /// an error or a crash either the old is there or the new.
    ///
    /// # Errors
    /// Where a file can't be written, or there is more than is kept.
    pub fn remember(&self, memory: &Memory) -> Result<(), HomeError> {
        let home = self.home;
        let index = Index::of(home.gun.canonical().as_str(), memory)?;
        let files = home.files();
        let failed = |error| HomeError::io(&home.directory, error);
        make_private(&files).map_err(failed)?;
        let kept = memory.roots.iter().chain(memory.files.values());
        let new = kept.zip(index.entries()).filter_map(|(kept, entry)| {
            let path = files.join(entry.file_name());
            (!path.exists()).then(|| (path, kept.bytes.to_vec()))
        });
        file::write_all_atomically(new, Access::Private).map_err(failed)?;
        file::write_atomically(&home.index(), &index.to_bytes(), Access::Private)
            .map_err(failed)?;
        self.clean(&index).map_err(failed)
    }

    /// Forgets the repository: what comes next is trusted as if it were new. True where something
    /// was known of it. Whatever else was kept in its directory is removed too.
    ///
    /// # Errors
    /// Where a file can't be removed.
    pub fn forget(self) -> Result<bool, HomeError> {
        let home = self.home;
        let known = home.index().exists();
        let removed =
            fs::remove_dir_all(&home.directory).and_then(|()| file::sync_directory(&home.parent));
        removed.map_err(|e| HomeError::io(&home.directory, e))?;
        Ok(known)
    }

    /// Removes the files that the index does not name.
    fn clean(&self, index: &Index) -> io::Result<()> {
        let named: BTreeSet<_> = index.entries().map(|entry| entry.file_name()).collect();
        for entry in fs::read_dir(self.home.files())? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_str().is_none_or(|name| !named.contains(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Makes a directory that only its owner can look into, and those above it.
fn make_private(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    file::sync_directory(file::directory_of(directory))
}
