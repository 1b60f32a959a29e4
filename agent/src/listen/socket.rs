//! The Unix socket: from systemd, or made here. A stale one is replaced, a foreign file never.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt, chown},
        net::{UnixListener as StdListener, UnixStream as StdStream},
    },
    path::{Path, PathBuf},
};

use listenfd::ListenFd;
use nix::{
    sys::stat::{Mode, umask},
    unistd::Group,
};
use tokio::net::UnixListener;

use super::TlsError;
use crate::config::AgentSection;

/// Why the agent can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Neither the config nor systemd gives a socket.
    #[error(
        "no socket to listen on: set agent.socket in the config, or start the agent through its systemd socket unit"
    )]
    NoSocket,
    /// Something else is at the path.
    #[error(
        "{0} exists and is no socket; it is left alone: move it away, or choose another agent.socket"
    )]
    Foreign(PathBuf),
    /// Somebody answers there.
    #[error(
        "another process listens on {0}: is an agent running already? Stop it, or choose another agent.socket"
    )]
    InUse(PathBuf),
    /// agent.group is unknown here.
    #[error("agent.group is `{0}`, but this system has no such group")]
    NoGroup(String),
    /// A `[[listen]]` has files that can't be used.
    #[error("[[listen]] {address}: {source}")]
    Tls {
        /// Its address.
        address: SocketAddr,
        /// Which file, and why.
        source: TlsError,
    },
    /// The address of a `[[listen]]` can't be had.
    #[error(
        "can't listen on {address}: {source}; another program may have the port, or this machine \
         no such address"
    )]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A `[[listen]]` that was not there at the start.
    #[error("[[listen]] {0} is new: restart the agent, which listens where it did at its start")]
    Moved(SocketAddr),
    /// The system refused.
    #[error("can't listen on {path}: {source}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The listening socket. Removes what it made when it is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: StdListener,
    /// Path and inode of a socket that we made ourselves.
    made: Option<(PathBuf, u64)>,
}

impl Socket {
    /// Takes the socket that systemd hands over, or makes the one that the config names.
    ///
    /// # Errors
    /// Where there is none, or something is in its place.
    pub fn open(section: &AgentSection) -> Result<Self, ListenError> {
        let path = section.socket.clone().unwrap_or_default();
        let io = |source| ListenError::Io {
            path: path.clone(),
            source,
        };
        if let Some(listener) = ListenFd::from_env().take_unix_listener(0).map_err(io)? {
            return Ok(Self {
                listener,
                made: None,
            });
        }
        let Some(path) = &section.socket else {
            return Err(ListenError::NoSocket);
        };
        make_room(path)?;
        // Nobody may connect before mode and group are set.
        let before = umask(Mode::from_bits_truncate(0o177));
        let bound = StdListener::bind(path);
        umask(before);
        let listener = bound.map_err(io)?;
        let inode = fs::metadata(path).map_err(io)?.ino();
        let socket = Self {
            listener,
            made: Some((path.clone(), inode)),
        };
        if let Some(name) = &section.group {
            let group = Group::from_name(name).ok().flatten();
            let group = group.ok_or_else(|| ListenError::NoGroup(name.clone()))?;
            chown(path, None, Some(group.gid.as_raw())).map_err(io)?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(section.mode.0)).map_err(io)?;
        Ok(socket)
    }

    pub(super) fn listener(&self) -> Result<UnixListener, ListenError> {
        let io = |source| ListenError::Io {
            path: self
                .made
                .as_ref()
                .map(|(path, _)| path.clone())
                .unwrap_or_default(),
            source,
        };
        let listener = self.listener.try_clone().map_err(io)?;
        listener.set_nonblocking(true).map_err(io)?;
        UnixListener::from_std(listener).map_err(io)
    }
}

/// Removes a stale socket: one where nobody listens any more.
fn make_room(path: &Path) -> Result<(), ListenError> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        return Err(ListenError::Foreign(path.to_owned()));
    }
    match StdStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)
            .map_err(|source| ListenError::Io {
                path: path.to_owned(),
                source,
            }),
        _ => Err(ListenError::InUse(path.to_owned())),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some((path, inode)) = &self.made else {
            return;
        };
        // Only our own: a newer agent may have put its socket there.
        if fs::symlink_metadata(path).is_ok_and(|found| found.ino() == *inode) {
            drop(fs::remove_file(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(path: &Path) -> AgentSection {
        AgentSection {
            socket: Some(path.to_owned()),
            mode: crate::config::Mode(0o640),
            group: None,
            operators: vec![],
            log: crate::config::LogFormat::Text,
        }
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_foreign_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.sock");
        drop(StdListener::bind(&path).unwrap());
        let socket = Socket::open(&section(&path)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert!(matches!(
            Socket::open(&section(&path)),
            Err(ListenError::InUse(_))
        ));
        drop(socket);
        assert!(!path.exists());

        fs::write(&path, "a letter").unwrap();
        assert!(matches!(
            Socket::open(&section(&path)),
            Err(ListenError::Foreign(_))
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
    }
}
