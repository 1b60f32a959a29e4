//! Who has how many, the oldest first. Nothing here looks at all of them, since strangers make them
//! many.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

/// The numbers of handshakes, by who has them. A higher number came later.
#[derive(Debug, Default)]
pub(super) struct Tally {
    of: HashMap<IpAddr, BTreeSet<u64>>,
    /// How many each has, with its oldest: the last has the most, and of those with as many was there
    /// first.
    order: BTreeSet<(usize, Reverse<u64>)>,
}

impl Tally {
    pub(super) fn count(&self, who: IpAddr) -> usize {
        self.of.get(&who).map_or(0, BTreeSet::len)
    }

    pub(super) fn oldest(&self, who: IpAddr) -> Option<u64> {
        self.of.get(&who)?.first().copied()
    }

    pub(super) fn oldest_of_the_most(&self) -> Option<u64> {
        let (_, Reverse(oldest)) = self.order.last()?;
        Some(*oldest)
    }

    pub(super) fn add(&mut self, who: IpAddr, id: u64) {
        self.change(who, |ids| {
            ids.insert(id);
        });
    }

    pub(super) fn remove(&mut self, who: IpAddr, id: u64) {
        self.change(who, |ids| {
            ids.remove(&id);
        });
    }

    fn change(&mut self, who: IpAddr, change: impl FnOnce(&mut BTreeSet<u64>)) {
        let mut ids = self.of.remove(&who).unwrap_or_default();
        if let Some(place) = place(&ids) {
            self.order.remove(&place);
        }
        change(&mut ids);
        if let Some(place) = place(&ids) {
            self.order.insert(place);
            self.of.insert(who, ids);
        }
    }
}

fn place(ids: &BTreeSet<u64>) -> Option<(usize, Reverse<u64>)> {
    Some((ids.len(), Reverse(*ids.first()?)))
}
