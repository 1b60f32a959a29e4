//! Ports to plug virtual YubiKeys into, with a pcscd of their own: the stage of a test.

use std::path::{Path, PathBuf};

use crate::VirtualYubiKey;
use crate::pcscd::{self, Pcscd};
use crate::vpcd::Inserted;

/// A row of USB ports, so to speak. Programs find what is plugged in where `PCSCLITE_CSOCK_NAME` names
/// its [`socket`](Self::socket). On drop everything ends.
#[derive(Debug)]
pub struct Plugboard {
    ports: Vec<Option<Plugged>>,
    pcscd: Pcscd,
}

#[derive(Debug)]
struct Plugged {
    serial: u32,
    _card: Inserted,
}

impl Plugboard {
    /// What this machine lacks for one; nothing where it lacks nothing.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        pcscd::missing()
    }

    /// So many empty ports. The directory is for the socket, the config and the log of pcscd; its path
    /// must be short.
    ///
    /// # Panics
    /// Where pcscd does not start.
    #[must_use]
    pub fn new(directory: &Path, ports: usize) -> Self {
        Self {
            ports: (0..ports).map(|_| None).collect(),
            pcscd: Pcscd::start(directory, ports),
        }
    }

    /// What `PCSCLITE_CSOCK_NAME` must name.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.pcscd.socket()
    }

    /// The name of the reader that a YubiKey is plugged into.
    ///
    /// # Panics
    /// Where it is not plugged in.
    #[must_use]
    pub fn reader(&self, yubikey: &VirtualYubiKey) -> String {
        self.pcscd.reader(self.port(yubikey))
    }

    /// Plugs it into the first free port, and waits until programs can see it.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn plug(&mut self, yubikey: &VirtualYubiKey) {
        let free = self.ports.iter().position(Option::is_none);
        let port = free.expect("a port is free");
        let card = self.pcscd.insert(port, Box::new(yubikey.clone()));
        self.ports[port] = Some(Plugged {
            serial: yubikey.profile().serial,
            _card: card,
        });
    }

    /// Pulls it out, whatever it is doing, and waits until programs can see that. One that left by
    /// itself ([`crate::Effect::RemoveBefore`]) is pulled, too, before it is plugged in again.
    ///
    /// # Panics
    /// Where it is not plugged in.
    pub fn pull(&mut self, yubikey: &VirtualYubiKey) {
        let port = self.port(yubikey);
        self.ports[port] = None;
        self.pcscd.wait_until_empty(port);
    }

    /// Pulls one out and plugs another one in, at the same port.
    ///
    /// # Panics
    /// Where the one is not plugged in.
    pub fn swap(&mut self, out: &VirtualYubiKey, into: &VirtualYubiKey) {
        self.pull(out);
        self.plug(into);
    }

    /// Ends pcscd; what is plugged in stays so.
    pub fn stop_pcscd(&mut self) {
        self.pcscd.stop();
    }

    /// Ends pcscd where it runs, starts it, and waits until programs can see all that is plugged in.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart_pcscd(&mut self) {
        self.pcscd.restart();
        for port in 0..self.ports.len() {
            if self.ports[port].is_some() {
                self.pcscd.wait_until_present(port);
            }
        }
    }

    /// As [`Self::restart_pcscd`], but all readers are gone until it is called, with what is plugged
    /// in: programs that knew the name of one hear of an unknown reader.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart_pcscd_without_readers(&mut self) {
        self.pcscd.restart_without_readers();
    }

    fn port(&self, yubikey: &VirtualYubiKey) -> usize {
        let serial = yubikey.profile().serial;
        let at = |port: &Option<Plugged>| port.as_ref().is_some_and(|in_it| in_it.serial == serial);
        let found = self.ports.iter().position(at);
        found.unwrap_or_else(|| panic!("{serial} is not plugged in"))
    }
}
