//! The PIN that a person typed, for as long as it may be used.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::watch;

use super::login::Operator;
use super::policy::PinPolicy;

/// A typed PIN in hand, or none. It is given once to a key that wants a PIN always, and as often as
/// it is asked for to keys that want it once.
#[derive(Debug)]
pub(super) struct HeldPin {
    typed: Mutex<Option<Typed>>,
    changed: watch::Sender<()>,
    /// How long it waits for a key that may use it once.
    lifetime: Duration,
}

#[derive(Debug)]
struct Typed {
    pin: SecretString,
    by: Operator,
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
    /// Who typed it, where that is known.
    pub(super) by: Option<Operator>,
}

impl HeldPin {
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

    /// Somebody typed it.
    pub(super) fn put(&self, pin: SecretString, by: Operator) {
        let typed = Typed {
            pin,
            by,
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

    /// Waits until there is one.
    pub(super) async fn comes_for(&self, policy: PinPolicy) {
        let mut changes = self.subscribe();
        // It can't fail: the sender is here.
        let _ = changes.wait_for(|()| self.holds_for(policy)).await;
    }

    /// The PIN for a key with this policy. `kept` says whether a key wants it later that wants it
    /// once.
    pub(super) fn give(&self, policy: PinPolicy, kept: bool) -> Option<Given> {
        let mut place = self.typed.lock();
        let typed = place.as_mut().filter(|typed| self.is_for(typed, policy))?;
        let given = Given {
            pin: typed.pin.clone(),
            typed_now: self.is_fresh(typed),
            by: Some(typed.by.clone()),
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
    use std::sync::Arc;

    use super::*;

    fn operator() -> Operator {
        Operator {
            name: "root".to_owned(),
            ..Operator::default()
        }
    }

    fn held(seconds: u64) -> HeldPin {
        let held = HeldPin::new(Duration::from_secs(seconds));
        held.put("123456".into(), operator());
        held
    }

    #[test]
    fn a_key_that_wants_it_always_has_it_once() {
        let held = held(60);
        let given = held.give(PinPolicy::Always, false).unwrap();
        assert!(given.typed_now);
        assert_eq!(given.by, Some(operator()));
        assert!(held.give(PinPolicy::Always, false).is_none());
        assert!(held.give(PinPolicy::Once, false).is_none());
    }

    #[test]
    fn a_key_that_wants_it_once_has_it_until_it_is_dropped() {
        let held = held(60);
        for _ in 0..2 {
            assert!(held.give(PinPolicy::Once, true).is_some());
        }
        let given = held.give(PinPolicy::Always, true).unwrap();
        assert!(given.typed_now);
        assert!(!held.holds_for(PinPolicy::Always));
        let given = held.give(PinPolicy::Once, true).unwrap();
        assert!(!given.typed_now);
        held.empty();
        assert!(!held.holds_for(PinPolicy::Once));
    }

    #[test]
    fn nobody_uses_it_when_its_time_is_over() {
        let held = held(0);
        assert!(!held.holds_for(PinPolicy::Always));
        held.expire(true);
        assert!(held.holds_for(PinPolicy::Once));
        held.expire(false);
        assert!(!held.holds_for(PinPolicy::Once));
    }

    #[tokio::test]
    async fn who_waits_for_it_is_told() {
        let held = Arc::new(HeldPin::new(Duration::from_secs(60)));
        let waiting = Arc::clone(&held);
        let task = tokio::spawn(async move { waiting.comes_for(PinPolicy::Always).await });
        tokio::task::yield_now().await;
        held.put("123456".into(), operator());
        task.await.unwrap();
    }
}
