//! Handshakes that are not finished: so many at a time, and of one address, or of one IPv6 site, only
//! a part of them.
//!
//! Whoever comes when there is no room makes another give way: the oldest of the same address or
//! site where that has its part, else of the one with the most. So those who open connections and
//! say nothing displace each other. There is room for so many that, while thousands come in a
//! second, a caller from afar has still its time to speak, even beside them at one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
};

use nix::sys::resource::{Resource, getrlimit};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use self::tally::Tally;

mod tally;

/// At a time, where the system lets the agent have as many files open.
const MOST: usize = 4096;

/// Files for all but connections: the ledger, the token's, and what is being accepted or closed.
const OTHER_FILES: u64 = 256;

/// Of one address, where that is no more than half.
const FEWEST_OF_ADDRESS: usize = 256;

/// Those of all listeners.
#[derive(Debug)]
pub(super) struct Handshakes {
    most: usize,
    pending: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    next: u64,
    all: HashMap<u64, Handshake>,
    addresses: Tally,
    sites: Tally,
}

#[derive(Debug)]
struct Handshake {
    source: Source,
    /// Dropped when it is to give way.
    _stay: oneshot::Sender<()>,
}

/// Whoever has one IPv6 address has the whole /64, and whoever has many of these has a /48.
#[derive(Debug, Clone, Copy)]
struct Source {
    address: IpAddr,
    site: IpAddr,
}

/// A handshake's room, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    handshakes: Arc<Handshakes>,
    id: u64,
}

impl Handshakes {
    /// As many as there is room for beside so many connections.
    pub(super) fn beside(connections: NonZeroU32) -> Arc<Self> {
        // Where the system does not say, it is as it is nearly everywhere.
        let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
        let connections = u64::from(connections.get());
        // Strangers have places of their own, an eighth as many.
        let taken = connections + connections / 8 + OTHER_FILES;
        let left = usize::try_from(files.saturating_sub(taken)).unwrap_or(MOST);
        Self::new(left.clamp(FEWEST, MOST))
    }

    fn new(most: usize) -> Arc<Self> {
        let pending = Mutex::default();
        Arc::new(Self { most, pending })
    }

    /// Room for a handshake with this address. The receiver fails when it is to give way.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> (Room, oneshot::Receiver<()>) {
        let source = Source::of(address);
        let (stay, displaced) = oneshot::channel();
        let mut pending = self.pending.lock();
        if let Some(id) = pending.in_the_way(source, self.most) {
            pending.remove(id);
        }
        let id = pending.next;
        pending.next = id.wrapping_add(1);
        pending.addresses.add(source.address, id);
        pending.sites.add(source.site, id);
        let _stay = stay;
        pending.all.insert(id, Handshake { source, _stay });
        let handshakes = Arc::clone(self);
        (Room { handshakes, id }, displaced)
    }
}

/// However few files there may be.
const FEWEST: usize = 64;

impl Pending {
    /// Who gives way to one more of this source, where somebody must.
    fn in_the_way(&self, source: Source, most: usize) -> Option<u64> {
        let of_address = (most / 8).max(FEWEST_OF_ADDRESS).min(most / 2);
        if self.addresses.count(source.address) >= of_address {
            self.addresses.oldest(source.address)
        } else if self.sites.count(source.site) >= most / 2 {
            self.sites.oldest(source.site)
        } else if self.all.len() >= most {
            self.sites.oldest_of_the_most()
        } else {
            None
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some(Handshake { source, .. }) = self.all.remove(&id) {
            self.addresses.remove(source.address, id);
            self.sites.remove(source.site, id);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.handshakes.pending.lock().remove(self.id);
    }
}

impl Source {
    fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let network = |bits: u32| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << (128 - bits));
                Ipv6Addr::from_bits(network).into()
            }
        };
        Self {
            address: network(64),
            site: network(48),
        }
    }
}

#[cfg(test)]
mod tests;
