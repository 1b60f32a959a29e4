use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use privyseal_tuf::KeyId;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::armor::Block;
use super::decrypt::decrypt;
use super::error::{KeyFileError, Problem};
use super::private_key::PrivateKey;

/// An RSA key of 4096 bits has 3.5 kB, encrypted and in PEM.
const MAX_BYTES: u64 = 64 << 10;

/// A file with a private key, which may be encrypted.
pub struct KeyFile {
    path: PathBuf,
    block: Block,
}

impl KeyFile {
    /// Reads a file with one key, which nobody but its owner can read.
    ///
    /// # Errors
    /// Where it can't be read, others can, or there is not one private key in it.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let mut keys = Self::read_all(path)?;
        match (keys.pop(), keys.len()) {
            (Some(key), 0) => Ok(key),
            (_, others) => Err(KeyFileError::new(path, Problem::Several(others + 1))),
        }
    }

    /// Reads a file with any number of keys, as `notary key export` writes it.
    ///
    /// # Errors
    /// Where it can't be read, others can, or there is no private key in it.
    pub fn read_all(path: &Path) -> Result<Vec<Self>, KeyFileError> {
        let blocks = read(path).map_err(|problem| KeyFileError::new(path, problem))?;
        let keys = blocks.into_iter().map(|block| Self {
            path: path.to_owned(),
            block,
        });
        Ok(keys.collect())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The role that notary and docker wrote into it: `root`, `targets`, `snapshot`, or of
    /// delegation keys what the user called them.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.block.header("role")
    }

    /// The repository that notary and docker wrote into it, of keys that sign for one alone.
    #[must_use]
    pub fn gun(&self) -> Option<&str> {
        self.block.header("gun")
    }

    /// The canonical keyid that the file's name claims, or the path that `notary key export` wrote
    /// into it.
    #[must_use]
    pub fn claimed_keyid(&self) -> Option<KeyId> {
        let name = match self.block.header("path") {
            Some(path) => path,
            None => self.path.file_stem()?.to_str()?,
        };
        let name = name.split('_').next().unwrap_or(name);
        Some(KeyId::from(name)).filter(KeyId::is_compliant)
    }

    /// Whether a passphrase is needed.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.block.label == "ENCRYPTED PRIVATE KEY"
    }

    /// The private key.
    ///
    /// # Errors
    /// Where the passphrase is wrong or missing, or the key is damaged or of a kind that content
    /// trust has no use for.
    pub fn open(&self, passphrase: Option<&SecretString>) -> Result<PrivateKey, KeyFileError> {
        self.decode(passphrase)
            .map_err(|problem| KeyFileError::new(&self.path, problem))
    }

    fn decode(&self, passphrase: Option<&SecretString>) -> Result<PrivateKey, Problem> {
        let der = &self.block.der;
        match (self.block.label.as_str(), passphrase) {
            ("ENCRYPTED PRIVATE KEY", None) => Err(Problem::Passphrase),
            ("ENCRYPTED PRIVATE KEY", Some(passphrase)) => {
                let plain = decrypt(der, passphrase)?;
                // A wrong passphrase passes for the right one in one of 256 cases, with garbage.
                PrivateKey::from_pkcs8(&plain).map_err(|problem| match problem {
                    Problem::Damaged => Problem::Passphrase,
                    other => other,
                })
            }
            ("PRIVATE KEY", _) => PrivateKey::from_pkcs8(der),
            ("EC PRIVATE KEY", _) => PrivateKey::from_sec1(der),
            ("RSA PRIVATE KEY", _) => PrivateKey::from_pkcs1(der),
            (other, _) => Err(Problem::Kind(other.to_owned())),
        }
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("KeyFile");
        shown.field("path", &self.path).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Vec<Block>, Problem> {
    // A FIFO is not waited for.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_NONBLOCK);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    let mode = metadata.permissions().mode() & 0o7777;
    if !metadata.is_file() {
        return Err(Problem::NotAFile);
    }
    if mode & 0o077 != 0 {
        return Err(Problem::Open(mode));
    }
    if metadata.len() > MAX_BYTES {
        return Err(Problem::TooLong(metadata.len()));
    }
    // The capacity is there from the start: a growing buffer would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize + 1));
    file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Problem::TooLong(text.len() as u64));
    }
    let text = str::from_utf8(&text).map_err(|_| Problem::NoKey)?;
    let blocks = Block::private_keys(text).ok_or(Problem::Damaged)?;
    if blocks.is_empty() {
        return Err(Problem::NoKey);
    }
    match blocks.iter().any(Block::is_legacy_encrypted) {
        true => Err(Problem::Legacy),
        false => Ok(blocks),
    }
}
