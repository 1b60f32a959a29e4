//! Ports for servers that want to be told one.

use std::net::{Ipv4Addr, TcpListener};

use ring::rand::{SecureRandom, SystemRandom};

/// Below the ports that Linux gives to clients, one of which could take a server's port while it
/// restarts.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port of 127.0.0.1 on which nobody listens.
///
/// # Panics
/// Where none of a hundred is free.
#[must_use]
pub fn free_port() -> u16 {
    let random = SystemRandom::new();
    for _ in 0..100 {
        let mut bytes = [0; 2];
        random.fill(&mut bytes).unwrap();
        let port = FIRST + u16::from_le_bytes(bytes) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("a hundred ports are taken");
}
