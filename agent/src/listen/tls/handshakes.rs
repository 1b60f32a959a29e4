//! Handshakes that are not finished: so many at a time, of which no address has more than half.
//!
//! Whoever comes when there is no room makes the oldest of the address with the most give way. So
//! those who open connections and say nothing displace each other, and a caller, whose handshake
//! takes milliseconds, finds room.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Those of all listeners.
#[derive(Debug)]
pub(super) struct Handshakes {
    most: usize,
    pending: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    next: u64,
    /// The oldest first.
    all: VecDeque<Handshake>,
}

#[derive(Debug)]
struct Handshake {
    id: u64,
    source: IpAddr,
    /// Dropped when it is to give way.
    _stay: oneshot::Sender<()>,
}

/// A handshake's room, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    handshakes: Arc<Handshakes>,
    id: u64,
}

impl Handshakes {
    /// A quarter as many at a time as there may be connections.
    pub(super) fn new(connections: NonZeroU32) -> Arc<Self> {
        let most = (connections.get() as usize / 4).max(4);
        let pending = Mutex::default();
        Arc::new(Self { most, pending })
    }

    /// Room for a handshake with this address. The receiver fails when it is to give way.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> (Room, oneshot::Receiver<()>) {
        let source = source(address);
        let (stay, displaced) = oneshot::channel();
        let mut pending = self.pending.lock();
        pending.make_room(source, self.most);
        let id = pending.next;
        pending.next = id.wrapping_add(1);
        pending.all.push_back(Handshake {
            id,
            source,
            _stay: stay,
        });
        let handshakes = Arc::clone(self);
        (Room { handshakes, id }, displaced)
    }
}

impl Pending {
    fn make_room(&mut self, source: IpAddr, most: usize) {
        let mut of: HashMap<IpAddr, usize> = HashMap::new();
        for handshake in &self.all {
            *of.entry(handshake.source).or_default() += 1;
        }
        let crowded = if of.get(&source).is_some_and(|of| *of >= most / 2) {
            Some(source)
        } else if self.all.len() >= most {
            // Of those with as many the one that was there first.
            let most = of.values().copied().max();
            let mut sources = self.all.iter().map(|handshake| handshake.source);
            sources.find(|source| of.get(source).copied() == most)
        } else {
            None
        };
        let oldest = crowded.and_then(|source| {
            let mut all = self.all.iter();
            all.position(|handshake| handshake.source == source)
        });
        if let Some(oldest) = oldest {
            self.all.remove(oldest);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut pending = self.handshakes.pending.lock();
        pending.all.retain(|handshake| handshake.id != self.id);
    }
}

/// Whoever has one IPv6 address has the whole /64.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            Ipv6Addr::from_bits(network).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn one_address_displaces_its_own_oldest() {
        let handshakes = Handshakes::new(NonZeroU32::new(32).unwrap());
        let other = handshakes.enter(address(2));
        let mut silent: Vec<_> = (0..200).map(|_| handshakes.enter(address(1))).collect();
        let stayed = |(_, displaced): &mut (Room, oneshot::Receiver<()>)| {
            displaced.try_recv() == Err(oneshot::error::TryRecvError::Empty)
        };
        let kept = silent.iter_mut().map(stayed);
        let kept: Vec<_> = kept.collect();
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 4);
        assert!(kept.ends_with(&[true; 4]), "the youngest stay");
        assert!(stayed(&mut { other }));
    }

    #[test]
    fn when_all_is_full_the_address_with_the_most_gives_way() {
        let handshakes = Handshakes::new(NonZeroU32::new(32).unwrap());
        let mut all: Vec<_> = [1, 2, 3, 4, 5, 5, 5, 6]
            .into_iter()
            .map(|last| handshakes.enter(address(last)))
            .collect();
        let mut displaced = || {
            let gone = |(_, displaced): &mut (Room, oneshot::Receiver<()>)| {
                displaced.try_recv() == Err(oneshot::error::TryRecvError::Closed)
            };
            let gone: Vec<_> = all.iter_mut().map(gone).collect();
            gone.iter().position(|gone| *gone)
        };
        assert_eq!(displaced(), None);
        let late = handshakes.enter(address(7));
        assert_eq!(displaced(), Some(4), "the oldest of the three");
        drop(late);
        let pending = handshakes.pending.lock();
        assert_eq!(pending.all.len(), 7, "who is done makes room");
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let of = |text: &str| source(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), address(1));
    }
}
