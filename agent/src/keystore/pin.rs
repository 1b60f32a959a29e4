//! Where a PIN comes from. Never from the config itself.

mod source;

pub use source::{CredentialName, PinSource};

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest PIN file, in bytes.
const LONGEST: usize = 256;

/// Why a PIN could not be read. No variant holds anything of it.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The source is the operator, who is not asked here.
    #[error("no PIN source is configured; the operator types it")]
    Operator,
    /// The agent was not started by systemd with credentials.
    #[error(
        "CREDENTIALS_DIRECTORY is not set: start the agent from a systemd unit with \
         `LoadCredential=` or `LoadCredentialEncrypted=`"
    )]
    NoCredentials,
    /// The file can't be opened or read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        error: std::io::Error,
    },
    /// A directory, a pipe, a device.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// Somebody else's file.
    #[error("{} belongs to user {owner}, not to the agent's own ({agent})", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who we are.
        agent: u32,
    },
    /// Others may read or write it.
    #[error("{} has mode {mode:04o}; it must be readable by its owner alone (`chmod 0400`)", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Empty, too long, or not text.
    #[error("{} does not hold a PIN: {why}", path.display())]
    NotAPin {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl PinSource {
    /// Reads the PIN, straight into memory that is wiped.
    ///
    /// # Errors
    /// Where the source is the operator, or the file is missing, unsafe or no PIN.
    pub fn read(&self) -> Result<SecretString, PinError> {
        match self {
            Self::Operator => Err(PinError::Operator),
            Self::Credential(name) => {
                let directory =
                    std::env::var_os("CREDENTIALS_DIRECTORY").ok_or(PinError::NoCredentials)?;
                // systemd's own access rules hold here; with an ACL for the unit's user, the mode
                // shows group bits that mean nothing.
                read(&Path::new(&directory).join(name.as_str()), false)
            }
            Self::File(path) => read(path, true),
        }
    }
}

fn read(path: &Path, ours_alone: bool) -> Result<SecretString, PinError> {
    let unreadable = |error| PinError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let file = File::options()
        .read(true)
        // A pipe in the file's place must not hold the agent up.
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)
        .map_err(unreadable)?;
    let facts = file.metadata().map_err(unreadable)?;
    if !facts.is_file() {
        return Err(PinError::NotAFile(path.to_owned()));
    }
    if ours_alone {
        check_owner(path, &facts)?;
    }
    let mut buffer = Zeroizing::new([0_u8; LONGEST + 1]);
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match (&file).read(rest).map_err(unreadable)? {
            0 => break,
            read => length += read,
        }
    }
    pin(buffer.get(..length).unwrap_or_default()).map_err(|why| PinError::NotAPin {
        path: path.to_owned(),
        why,
    })
}

fn check_owner(path: &Path, facts: &std::fs::Metadata) -> Result<(), PinError> {
    let agent = nix::unistd::geteuid().as_raw();
    if facts.uid() != agent {
        return Err(PinError::Owner {
            path: path.to_owned(),
            owner: facts.uid(),
            agent,
        });
    }
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(PinError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

fn pin(bytes: &[u8]) -> Result<SecretString, &'static str> {
    if bytes.len() > LONGEST {
        return Err("it has more than 256 bytes");
    }
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Err("it is empty");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text")?;
    Ok(SecretString::from(Box::<str>::from(text)))
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pin");
        write(&path, content).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (directory, path)
    }

    fn read_file(content: &[u8], mode: u32) -> Result<String, PinError> {
        let (_directory, path) = file(content, mode);
        PinSource::File(path)
            .read()
            .map(|pin| pin.expose_secret().to_owned())
    }

    #[test]
    fn one_trailing_newline_is_trimmed_and_nothing_else() {
        assert_eq!(read_file(b"1234\n", 0o600).unwrap(), "1234");
        assert_eq!(read_file(b" 12 34 \n\n", 0o400).unwrap(), " 12 34 \n");
        assert_eq!(read_file(&[b'1'; 256], 0o400).unwrap().len(), 256);
    }

    #[test]
    fn what_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o601] {
            let error = read_file(b"314159", mode).unwrap_err();
            assert!(matches!(error, PinError::Mode { .. }), "{mode:o}: {error}");
            assert!(!error.to_string().contains("314159"));
        }
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        for content in [&b""[..], b"\n", &[b'1'; 257], b"\xff\xfe"] {
            assert!(matches!(
                read_file(content, 0o600),
                Err(PinError::NotAPin { .. })
            ));
        }
        let directory = tempfile::tempdir().unwrap();
        let source = PinSource::File(directory.path().to_owned());
        assert!(matches!(source.read(), Err(PinError::NotAFile(_))));
        let source = PinSource::File(directory.path().join("none"));
        assert!(matches!(source.read(), Err(PinError::Unreadable { .. })));
    }

    #[test]
    fn a_pipe_does_not_hold_the_agent_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(matches!(
            PinSource::File(path).read(),
            Err(PinError::NotAFile(_))
        ));
    }
}
