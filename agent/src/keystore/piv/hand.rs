//! The PIN that a person typed, for as long as it may be used.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::keystore::policy::PinPolicy;

/// A typed PIN in hand, or none. It is given once to a key that wants a PIN always, and as often as
/// it is asked for to keys that want it once.
#[derive(Debug)]
pub(super) struct Hand {
    typed: Mutex<Option<Typed>>,
    changed: watch::Sender<()>,
    /// How long it waits for a key that may use it once.
    lifetime: Duration,
}

#[derive(Debug)]
struct Typed {
    pin: SecretString,
    at: Instant,
    /// A key that wants a PIN always had it.
    spent: bool,
}

/// A PIN to give to the device.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) pin: SecretString,
    /// A person typed it for this use, so that person answers for the try.
    pub(super) typed_now: bool,
}

impl Hand {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            typed: Mutex::new(None),
            changed: watch::Sender::new(()),
            lifetime,
        }
    }

    /// Tells whenever a PIN came or went.
    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// A person typed it, and the device took it.
    pub(super) fn put(&self, pin: SecretString) {
        let typed = Typed {
            pin,
            at: Instant::now(),
            spent: false,
        };
        *self.typed.lock() = Some(typed);
        self.changed.send_replace(());
    }

    /// Drops it.
    pub(super) fn empty(&self) {
        if self.typed.lock().take().is_some() {
            self.changed.send_replace(());
        }
    }

    /// Is there a PIN for a key with this policy?
    pub(super) fn holds_for(&self, policy: PinPolicy) -> bool {
        let typed = self.typed.lock();
        typed
            .as_ref()
            .is_some_and(|typed| self.is_for(typed, policy))
    }

    /// The PIN for a key with this policy. `kept` says whether a key wants it later that wants it
    /// once.
    pub(super) fn give(&self, policy: PinPolicy, kept: bool) -> Option<Given> {
        let mut place = self.typed.lock();
        let typed = place.as_mut().filter(|typed| self.is_for(typed, policy))?;
        let given = Given {
            pin: typed.pin.clone(),
            typed_now: self.is_fresh(typed),
        };
        if policy == PinPolicy::Always {
            typed.spent = true;
            if !kept {
                *place = None;
            }
            drop(place);
            self.changed.send_replace(());
        }
        Some(given)
    }

    /// Any PIN, for something that a person asks for now.
    pub(super) fn lend(&self) -> Option<SecretString> {
        self.typed.lock().as_ref().map(|typed| typed.pin.clone())
    }

    /// Drops a PIN whose time is over, where no key wants it that wants it once.
    pub(super) fn expire(&self, kept: bool) {
        let over = |typed: &Typed| !kept && !self.is_fresh(typed);
        let expired = self.typed.lock().take_if(|typed| over(typed)).is_some();
        if expired {
            tracing::info!("a PIN was typed and nobody used it in time: it is forgotten");
            self.changed.send_replace(());
        }
    }

    fn is_for(&self, typed: &Typed, policy: PinPolicy) -> bool {
        match policy {
            PinPolicy::Never | PinPolicy::Once => true,
            PinPolicy::Always => self.is_fresh(typed),
        }
    }

    fn is_fresh(&self, typed: &Typed) -> bool {
        !typed.spent && typed.at.elapsed() < self.lifetime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(seconds: u64) -> Hand {
        let hand = Hand::new(Duration::from_secs(seconds));
        hand.put("123456".into());
        hand
    }

    #[test]
    fn a_key_that_wants_it_always_has_it_once() {
        let hand = hand(60);
        assert!(hand.give(PinPolicy::Always, false).unwrap().typed_now);
        assert!(hand.give(PinPolicy::Always, false).is_none());
        assert!(hand.give(PinPolicy::Once, false).is_none());
    }

    #[test]
    fn a_key_that_wants_it_once_has_it_until_it_is_dropped() {
        let hand = hand(60);
        for _ in 0..2 {
            assert!(hand.give(PinPolicy::Once, true).is_some());
        }
        assert!(hand.give(PinPolicy::Always, true).unwrap().typed_now);
        assert!(!hand.holds_for(PinPolicy::Always));
        assert!(!hand.give(PinPolicy::Once, true).unwrap().typed_now);
        hand.empty();
        assert!(!hand.holds_for(PinPolicy::Once));
    }

    #[test]
    fn nobody_uses_it_when_its_time_is_over() {
        let hand = hand(0);
        assert!(!hand.holds_for(PinPolicy::Always));
        hand.expire(true);
        assert!(hand.holds_for(PinPolicy::Once));
        hand.expire(false);
        assert!(!hand.holds_for(PinPolicy::Once));
    }

    #[tokio::test]
    async fn who_waits_for_it_is_told() {
        let hand = Hand::new(Duration::from_secs(60));
        let mut changes = hand.subscribe();
        hand.put("123456".into());
        changes.changed().await.unwrap();
    }
}
