//! Lines of the log that others cause. They must not fill it, so each kind gets a line in ten
//! seconds, which counts those that got none.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Between two lines of a kind.
const PAUSE: Duration = Duration::from_secs(10);

/// With more kinds than this, those that could have a line again are forgotten.
const KINDS: usize = 1_024;

/// Counts by kind.
#[derive(Debug)]
pub(crate) struct Seldom<K>(Mutex<HashMap<K, Told>>);

#[derive(Debug)]
struct Told {
    at: Instant,
    untold: u64,
}

impl<K> Default for Seldom<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Seldom<K> {
    /// Is it time for a line? Then the number of those that got none.
    pub(crate) fn turn(&self, kind: K) -> Option<u64> {
        self.turn_at(kind, Instant::now())
    }

    fn turn_at(&self, kind: K, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock();
        let Some(told) = kinds.get_mut(&kind) else {
            if kinds.len() >= KINDS {
                kinds.retain(|_, told| now.duration_since(told.at) < PAUSE);
            }
            kinds.insert(kind, Told { at: now, untold: 0 });
            return Some(0);
        };
        if now.duration_since(told.at) < PAUSE {
            told.untold = told.untold.saturating_add(1);
            return None;
        }
        told.at = now;
        Some(std::mem::take(&mut told.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_one_line_and_a_number() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.turn_at("http", start), Some(0));
        for _ in 0..1_000 {
            assert_eq!(seldom.turn_at("http", start), None);
        }
        assert_eq!(seldom.turn_at("slow", start), Some(0), "another kind");
        assert_eq!(seldom.turn_at("http", start + PAUSE), Some(1_000));
        assert_eq!(seldom.turn_at("http", start + PAUSE), None);
        assert_eq!(seldom.turn_at("http", start + 2 * PAUSE), Some(1));
    }

    #[test]
    fn kinds_of_long_ago_are_forgotten() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        for kind in 0..KINDS {
            assert_eq!(seldom.turn_at(kind, start), Some(0));
        }
        seldom.turn_at(KINDS, start + PAUSE);
        assert_eq!(seldom.0.lock().len(), 1);
    }
}
