use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Beyond this many, one sync of the whole file system is cheaper than one of each.
const FEW: usize = 16;

/// Files and directories of one file system that become durable together.
#[derive(Debug, Default)]
pub struct Durable {
    paths: BTreeSet<PathBuf>,
    too_many: bool,
}

impl Durable {
    /// The content of a file, or the names in a directory.
    pub fn add(&mut self, path: &Path) {
        if self.too_many || self.paths.contains(path) {
            return;
        }
        if self.paths.len() < FEW {
            self.paths.insert(path.to_owned());
        } else {
            self.too_many = true;
        }
    }

    /// Returns once all that was added is durable. `directory` is one of that file system.
    pub fn sync(self, directory: &Path) -> io::Result<()> {
        if self.too_many {
            return Ok(nix::unistd::syncfs(File::open(directory)?)?);
        }
        let mut paths = self.paths.iter();
        paths.try_for_each(|path| File::open(path)?.sync_all())
    }
}
