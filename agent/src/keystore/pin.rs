//! Where a PIN comes from. Never from the config itself.

mod source;

pub use source::{CredentialName, PinSource};

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::file::{self, FileError, Readers};

/// The longest PIN file, in bytes.
const LONGEST: usize = 256;

/// Why a PIN could not be read. No variant holds anything of it.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The source is the operator, who is not asked here.
    #[error("no PIN source is configured; the operator types it")]
    Operator,
    /// The file is missing, or unsafe.
    #[error(transparent)]
    File(FileError),
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
                let path = file::credential(name.as_str()).map_err(PinError::File)?;
                read(&path, Readers::Systemd)
            }
            Self::File(path) => read(path, Readers::AgentAlone),
        }
    }
}

fn read(path: &Path, readers: Readers) -> Result<SecretString, PinError> {
    let not_a_pin = |why| PinError::NotAPin {
        path: path.to_owned(),
        why,
    };
    let content = file::read(path, readers, LONGEST).map_err(|error| match error {
        FileError::TooLong { .. } => not_a_pin("it has more than 256 bytes"),
        error => PinError::File(error),
    })?;
    pin(&content).map_err(not_a_pin)
}

fn pin(bytes: &[u8]) -> Result<SecretString, &'static str> {
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
            assert!(
                matches!(error, PinError::File(FileError::Mode { .. })),
                "{mode:o}: {error}"
            );
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
        assert!(matches!(
            source.read(),
            Err(PinError::File(FileError::NotAFile(_)))
        ));
        let source = PinSource::File(directory.path().join("none"));
        assert!(matches!(
            source.read(),
            Err(PinError::File(FileError::Unreadable { .. }))
        ));
    }

    #[test]
    fn a_pipe_does_not_hold_the_agent_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(matches!(
            PinSource::File(path).read(),
            Err(PinError::File(FileError::NotAFile(_)))
        ));
    }
}
