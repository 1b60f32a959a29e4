//! Files whose content is a secret, or decides whom to trust: never a pipe, never without an end,
//! and a secret is read straight into memory that is wiped.

use std::{
    fs::{File, Metadata},
    io::Read,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// Who may read a file besides the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Nobody: it belongs to the agent's user, and its mode says so.
    AgentAlone,
    /// Whom systemd lets: a credential, where with an ACL for the unit's user the mode shows group
    /// bits that mean nothing.
    Systemd,
    /// Anybody: there is no secret in it.
    Everybody,
}

/// Why a file could not be read. No variant holds anything of its content.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
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
    /// It goes on.
    #[error("{} has more than {most} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// As many as it may have.
        most: usize,
    },
}

/// Where systemd puts the credential of this name.
///
/// # Errors
/// Where systemd gave the agent none.
pub fn credential(name: &str) -> Result<PathBuf, FileError> {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or(FileError::NoCredentials)?;
    Ok(Path::new(&directory).join(name))
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// Where it is missing, no regular file, longer, or others may read what they may not.
pub fn read(path: &Path, readers: Readers, most: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let unreadable = |error| FileError::Unreadable {
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
        return Err(FileError::NotAFile(path.to_owned()));
    }
    if readers == Readers::AgentAlone {
        check_owner(path, &facts)?;
    }
    // Made once: a buffer that grew would leave copies behind.
    let mut content = Zeroizing::new(vec![0_u8; most.saturating_add(1)]);
    let mut length = 0;
    while let Some(rest) = content.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match (&file).read(rest).map_err(unreadable)? {
            0 => break,
            read => length += read,
        }
    }
    if length > most {
        return Err(FileError::TooLong {
            path: path.to_owned(),
            most,
        });
    }
    content.truncate(length);
    Ok(content)
}

fn check_owner(path: &Path, facts: &Metadata) -> Result<(), FileError> {
    let agent = nix::unistd::geteuid().as_raw();
    if facts.uid() != agent {
        return Err(FileError::Owner {
            path: path.to_owned(),
            owner: facts.uid(),
            agent,
        });
    }
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(FileError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn read_file(content: &[u8], mode: u32, readers: Readers) -> Result<Vec<u8>, FileError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        write(&path, content).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        read(&path, readers, 16).map(|content| content.to_vec())
    }

    #[test]
    fn the_whole_file_is_read_and_not_one_byte_more() {
        for length in [0, 1, 15, 16] {
            let content = vec![b'x'; length];
            let read = read_file(&content, 0o400, Readers::AgentAlone);
            assert_eq!(read.unwrap(), content);
        }
        let error = read_file(&[b'x'; 17], 0o400, Readers::AgentAlone).unwrap_err();
        assert!(matches!(error, FileError::TooLong { most: 16, .. }));
        // Its size is said to be nothing.
        let status = read(Path::new("/proc/self/status"), Readers::Everybody, 16);
        assert!(matches!(status, Err(FileError::TooLong { .. })));
    }

    #[test]
    fn what_others_may_read_is_no_secret() {
        for mode in [0o640, 0o604, 0o620, 0o601] {
            let error = read_file(b"314159", mode, Readers::AgentAlone).unwrap_err();
            assert!(matches!(error, FileError::Mode { .. }), "{mode:o}: {error}");
            assert!(!error.to_string().contains("314159"));
        }
        for readers in [Readers::Systemd, Readers::Everybody] {
            assert_eq!(read_file(b"1", 0o644, readers).unwrap(), b"1");
        }
    }

    #[test]
    fn a_pipe_does_not_hold_the_agent_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
        for path in [path.as_path(), directory.path()] {
            let error = read(path, Readers::AgentAlone, 16).unwrap_err();
            assert!(matches!(error, FileError::NotAFile(_)), "{error}");
        }
        let missing = read(&directory.path().join("none"), Readers::AgentAlone, 16);
        assert!(matches!(missing, Err(FileError::Unreadable { .. })));
    }
}
