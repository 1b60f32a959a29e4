use std::io;
use std::path::{Path, PathBuf};

use privyseal_tuf::{Key, KeyId, Root};

use crate::trust::docker_keys::{KeyDirectory, KeyFile, KeyFileError, Passphrases, PrivateKey};

/// A private key in a file, by the keyid that its name claims.
#[derive(Debug)]
pub struct OldKey {
    /// The file.
    pub file: KeyFile,
    /// The canonical keyid.
    pub keyid: KeyId,
}

/// Every private key in the directories of docker and notary.
#[derive(Debug, Default)]
pub struct OldKeys {
    /// The directories.
    pub directories: Vec<KeyDirectory>,
    keys: Vec<OldKey>,
    /// Files that can't be read.
    pub unread: Vec<KeyFileError>,
}

impl OldKeys {
    /// Reads the key files of directories, without their passphrases.
    ///
    /// # Errors
    /// Where a directory can't be read.
    pub fn read(directories: Vec<KeyDirectory>) -> io::Result<Self> {
        let mut found = Self::default();
        for directory in &directories {
            for file in directory.keys()? {
                match file {
                    Ok(file) => found.add(file),
                    Err(error) => found.unread.push(error),
                }
            }
        }
        found.directories = directories;
        Ok(found)
    }

    /// Adds a key that is kept elsewhere, such as on a stick in a drawer.
    ///
    /// # Errors
    /// Where it can't be read, or has to be opened to be known, and is not.
    pub fn add_file(
        &mut self,
        path: &Path,
        passphrases: &mut Passphrases,
    ) -> Result<(), KeyFileError> {
        let file = KeyFile::read(path)?;
        match file.claimed_keyid() {
            Some(_) => self.add(file),
            None => {
                let keyid = passphrases.open(&file, Some("root"))?.canonical_keyid();
                self.keys.push(OldKey { file, keyid });
            }
        }
        Ok(())
    }

    fn add(&mut self, file: KeyFile) {
        if let Some(keyid) = file.claimed_keyid() {
            self.keys.push(OldKey { file, keyid });
        }
    }

    /// The file of a key of metadata.
    #[must_use]
    pub fn of(&self, key: &Key) -> Option<&OldKey> {
        let keyid = key.canonical_keyid()?;
        self.keys.iter().find(|old| old.keyid == keyid)
    }

    /// Every one.
    pub fn iter(&self) -> impl Iterator<Item = &OldKey> {
        self.keys.iter()
    }

    /// Opens the files of a root's own keys, which must sign the next root.
    ///
    /// # Errors
    /// Where one can't be opened, or is another key than its name says.
    pub fn open_root(
        &self,
        root: &Root,
        passphrases: &mut Passphrases,
    ) -> Result<Vec<PrivateKey>, KeyFileError> {
        let mut opened = Vec::new();
        for keyid in &root.roles.root.keyids {
            let key = root.keys.get(keyid);
            let Some((key, old)) = key.and_then(|key| Some((key, self.of(key)?))) else {
                continue;
            };
            let private = passphrases.open(&old.file, Some("root"))?;
            if key.public().ok() != Some(private.public()) {
                return Err(KeyFileError::other_key(old.file.path()));
            }
            opened.push(private);
        }
        Ok(opened)
    }
}

impl OldKey {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    /// What the user called a signer's key: `alice`, of `targets/alice` too. None of keys of root,
    /// targets and snapshot.
    #[must_use]
    pub fn signer(&self) -> Option<&str> {
        let role = self.file.role()?;
        let name = role.strip_prefix("targets/").unwrap_or(role);
        (!matches!(role, "root" | "targets" | "snapshot")).then_some(name)
    }
}
