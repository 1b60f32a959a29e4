//! Who is at the other end of a Unix socket, by the kernel's word when it was connected.

#![allow(unsafe_code)] // SO_PEERGROUPS has no safe wrapper in the crates that we use

use std::{
    io,
    mem::size_of,
    os::fd::{AsRawFd, RawFd},
};

use tokio::net::UnixStream;

use crate::caller::Caller;

/// More groups than a Linux process may have (NGROUPS_MAX).
const MAX_GROUPS: usize = 65_536;

/// Asks the kernel who is at the other end.
///
/// # Errors
/// Where it does not say.
pub(super) fn caller(stream: &UnixStream) -> io::Result<Caller> {
    let credentials = stream.peer_cred()?;
    let groups = peer_groups(stream.as_raw_fd())?;
    Ok(Caller::process(
        credentials.uid(),
        credentials.gid(),
        groups,
    ))
}

/// The supplementary groups of the process that connected: socket(7), SO_PEERGROUPS.
fn peer_groups(socket: RawFd) -> io::Result<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 32];
    loop {
        let capacity = groups.len().saturating_mul(size_of::<libc::gid_t>());
        let mut length =
            libc::socklen_t::try_from(capacity).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: `groups` is valid for `length` bytes, and the kernel writes at most that many
        // and sets `length` to what it wrote, or to what it needs with ERANGE.
        let result = unsafe {
            libc::getsockopt(
                socket,
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let count = usize::try_from(length).unwrap_or(usize::MAX) / size_of::<libc::gid_t>();
        if result == 0 {
            groups.truncate(count);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::ERANGE) || count <= groups.len() || count > MAX_GROUPS
        {
            return Err(error);
        }
        groups.resize(count, 0);
    }
}
