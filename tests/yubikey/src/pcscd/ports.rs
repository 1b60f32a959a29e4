//! Two free ports in a row, as vpcd wants them for a reader.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

/// Below the ports that Linux gives to whoever asks for any.
const FROM: u64 = 20_000;
const TO: u64 = 32_000;

/// Ports that no other reader of this machine has, in this process or in another, also while its
/// pcscd is stopped: who has them is bound to an abstract socket (`unix(7)`) that has their name.
#[derive(Debug)]
pub(super) struct Ports {
    first: u16,
    _claim: UnixListener,
}

impl Ports {
    /// Takes two that nobody listens on.
    pub(super) fn reserve() -> Self {
        for _ in 0..1_000 {
            let random = RandomState::new().hash_one(0);
            let first = u16::try_from(FROM + random % (TO - FROM) / 2 * 2).unwrap();
            if let Some(claim) = claim(first) {
                return Self {
                    first,
                    _claim: claim,
                };
            }
        }
        panic!("no two free ports between {FROM} and {TO}");
    }

    /// The first of the two.
    pub(super) fn first(&self) -> u16 {
        self.first
    }
}

fn claim(first: u16) -> Option<UnixListener> {
    let name = SocketAddr::from_abstract_name(format!("virtual-yubikey-port-{first}")).unwrap();
    let claim = UnixListener::bind_addr(&name).ok()?;
    let free = |port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
    (free(first) && free(first + 1)).then_some(claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_ports_that_are_taken() {
        let ports = Ports::reserve();
        assert!(claim(ports.first()).is_none(), "claimed by a reader");
        let first = ports.first();
        drop(ports);
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, first + 1)).unwrap();
        assert!(claim(first).is_none(), "somebody listens on the second");
        drop(listener);
        assert!(claim(first).is_some());
    }
}
