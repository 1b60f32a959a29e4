use std::io;
use std::path::{Path, PathBuf};

use privyseal_tuf::PublicKeyError;

use crate::failure::Advice;

/// Why the private key in a file can't be had.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct KeyFileError {
    path: PathBuf,
    problem: Problem,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// Of the file itself.
    #[error("it can't be read: {0}")]
    Io(#[from] io::Error),
    #[error("it is not a file")]
    NotAFile,
    #[error("it has {0} bytes; no private key has as many")]
    TooLong(u64),
    #[error("others can read or write it (mode {0:04o}), so the key in it may be known to others")]
    Open(u32),
    #[error("there is no private key in it (PEM, \"-----BEGIN ... PRIVATE KEY-----\")")]
    NoKey,
    #[error("there are {0} private keys in it, and one is wanted")]
    Several(usize),
    #[error("private keys of the kind {0:?} are not read")]
    Kind(String),
    #[error("it is encrypted in OpenSSL's old way, with a single round of MD5")]
    Legacy,
    #[error("it is encrypted with a scheme that is not read: PBES2 (RFC 8018) with AES is")]
    Scheme,
    #[error("its passphrase would be hashed {0}, which is more than is done here")]
    Costly(String),
    #[error("the passphrase is wrong, or the file is damaged")]
    Passphrase,
    #[error("the passphrase in {0} is wrong, or the file is damaged")]
    PassphraseOf(String),
    #[error("it is encrypted, and there is no terminal to type its passphrase on")]
    NoTerminal,
    #[error("the private key in it is damaged")]
    Damaged,
    #[error("the private key in it is another one than its name says")]
    OtherKey,
    #[error(transparent)]
    Public(#[from] PublicKeyError),
}

impl KeyFileError {
    pub(super) fn new(path: &Path, problem: impl Into<Problem>) -> Self {
        Self {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// The file has another key than its name says.
    #[must_use]
    pub fn other_key(path: &Path) -> Self {
        Self::new(path, Problem::OtherKey)
    }

    /// Whether another passphrase may open it.
    pub(super) fn is_wrong_passphrase(&self) -> bool {
        matches!(self.problem, Problem::Passphrase)
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let path = self.path.display();
        match &self.problem {
            Problem::Open(_) => format!("chmod 600 {path}"),
            Problem::Legacy => format!("convert it: openssl pkcs8 -topk8 -in {path} -out NEW.key"),
            Problem::Scheme | Problem::Costly(_) => {
                format!("convert it: openssl pkcs8 -topk8 -v2 aes256 -in {path} -out NEW.key")
            }
            Problem::Passphrase => "give the passphrase that the file was made with".to_owned(),
            Problem::PassphraseOf(variables) => format!(
                "set {variables} to the passphrase of this file, or unset it to be asked on the terminal"
            ),
            Problem::NoTerminal => {
                "run this in a terminal, or set the variable that docker or notary takes the passphrase from, such as DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"
                    .to_owned()
            }
            Problem::Kind(_) | Problem::Public(_) | Problem::NoKey => {
                "keys of Docker Content Trust are ECDSA P-256 or P-384, RSA of 2048 to 4096 bits, or Ed25519"
                    .to_owned()
            }
            Problem::Io(_) | Problem::NotAFile | Problem::Several(_) | Problem::TooLong(_) | Problem::Damaged | Problem::OtherKey => {
                "give the file of a private key, such as ~/.docker/trust/private/KEYID.key".to_owned()
            }
        }
    }

    /// The same with what to do.
    #[must_use]
    pub fn advice(&self) -> Advice {
        Advice::failed(self.to_string(), self.remedy())
    }
}
