//! The PIN that a person typed, for as long as it may be used.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::watch;

use super::login::Operator;
use super::policy::PinPolicy;
use super::waiting::About;

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
    /// The request that it was typed for, where it was typed for one: no other has it as fresh.
    only_for: Option<u64>,
    by: Operator,
    at: Instant,
    /// The request that it was typed for had it, so that keys that want it once may.
    arrived: bool,
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
    /// Nobody typed it: it is from the configured source.
    pub(super) from_source: bool,
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

    /// Somebody typed it, for the request with this ticket, or for whatever comes next.
    pub(super) fn put(&self, pin: SecretString, only_for: Option<u64>, by: Operator) {
        let typed = Typed {
            pin,
            only_for,
            by,
            at: Instant::now(),
            arrived: only_for.is_none(),
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

    /// Is there a PIN at all?
    pub(super) fn is_held(&self) -> bool {
        self.typed.lock().is_some()
    }

    /// Is there a PIN for a key with this policy, and for this request, or for any where none is
    /// named?
    pub(super) fn holds_for(&self, policy: PinPolicy, about: Option<&About>) -> bool {
        let typed = self.typed.lock();
        typed
            .as_ref()
            .is_some_and(|typed| self.is_for(typed, policy, about))
    }

    /// Waits until there is one.
    pub(super) async fn comes_for(&self, policy: PinPolicy, about: &About) {
        let mut changes = self.subscribe();
        // It can't fail: the sender is here.
        let _ = changes
            .wait_for(|()| self.holds_for(policy, Some(about)))
            .await;
    }

    /// The PIN for a key with this policy and this request. `kept` says whether a key wants it later
    /// that wants it once.
    pub(super) fn give(&self, policy: PinPolicy, kept: bool, about: &About) -> Option<Given> {
        let mut place = self.typed.lock();
        let typed = place.as_mut();
        let typed = typed.filter(|typed| self.is_for(typed, policy, Some(about)))?;
        let given = Given {
            pin: typed.pin.clone(),
            typed_now: self.is_fresh_for(typed, Some(about)),
            by: Some(typed.by.clone()),
            from_source: false,
        };
        // From now on other requests may have it, too, whose keys want it once.
        let arrives = !std::mem::replace(&mut typed.arrived, true);
        let spends = policy == PinPolicy::Always;
        if spends {
            typed.spent = true;
            if !kept {
                *place = None;
            }
        }
        drop(place);
        if arrives || spends {
            self.changed.send_replace(());
        }
        Some(given)
    }

    /// Drops a PIN whose time is over, where no key wants it that wants it once.
    pub(super) fn expire(&self, kept: bool) {
        let over = |typed: &Typed| !(self.is_fresh(typed) || kept && typed.arrived);
        let expired = self.typed.lock().take_if(|typed| over(typed)).is_some();
        if expired {
            tracing::info!("a PIN was typed and nobody used it in time: it is forgotten");
            self.changed.send_replace(());
        }
    }

    fn is_for(&self, typed: &Typed, policy: PinPolicy, about: Option<&About>) -> bool {
        match policy {
            PinPolicy::Never => true,
            PinPolicy::Once => typed.arrived || self.is_fresh_for(typed, about),
            PinPolicy::Always => self.is_fresh_for(typed, about),
        }
    }

    fn is_fresh_for(&self, typed: &Typed, about: Option<&About>) -> bool {
        let theirs = |ticket| about.is_some_and(|about| about.ticket() == ticket);
        self.is_fresh(typed) && typed.only_for.is_none_or(theirs)
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

    fn about() -> About {
        About::new("root v1 of example.org")
    }

    fn held(seconds: u64) -> HeldPin {
        let held = HeldPin::new(Duration::from_secs(seconds));
        held.put("123456".into(), None, operator());
        held
    }

    #[test]
    fn a_key_that_wants_it_always_has_it_once() {
        let held = held(60);
        let given = held.give(PinPolicy::Always, false, &about()).unwrap();
        assert!(given.typed_now);
        assert_eq!(given.by, Some(operator()));
        assert!(held.give(PinPolicy::Always, false, &about()).is_none());
        assert!(held.give(PinPolicy::Once, false, &about()).is_none());
    }

    #[test]
    fn a_key_that_wants_it_once_has_it_until_it_is_dropped() {
        let held = held(60);
        for _ in 0..2 {
            assert!(held.give(PinPolicy::Once, true, &about()).is_some());
        }
        let given = held.give(PinPolicy::Always, true, &about()).unwrap();
        assert!(given.typed_now);
        assert!(!held.holds_for(PinPolicy::Always, None));
        let given = held.give(PinPolicy::Once, true, &about()).unwrap();
        assert!(!given.typed_now);
        held.empty();
        assert!(!held.holds_for(PinPolicy::Once, None));
    }

    #[test]
    fn who_typed_it_for_one_request_did_not_for_another() {
        let (held, mine, other) = (held(60), about(), about());
        held.put("123456".into(), Some(mine.ticket()), operator());
        assert!(!held.holds_for(PinPolicy::Always, None));
        assert!(held.give(PinPolicy::Always, false, &other).is_none());
        assert!(held.give(PinPolicy::Once, true, &other).is_none());
        assert!(held.holds_for(PinPolicy::Always, Some(&mine)));
        assert!(held.give(PinPolicy::Always, true, &mine).unwrap().typed_now);
        assert!(!held.give(PinPolicy::Once, true, &other).unwrap().typed_now);
    }

    #[tokio::test]
    async fn who_waits_for_it_behind_another_request_is_told_when_that_has_had_it() {
        let (held, mine) = (Arc::new(HeldPin::new(Duration::from_secs(60))), about());
        held.put("123456".into(), Some(mine.ticket()), operator());
        let waiting = Arc::clone(&held);
        let other = about();
        let task = tokio::spawn(async move { waiting.comes_for(PinPolicy::Once, &other).await });
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        held.give(PinPolicy::Once, true, &mine).unwrap();
        task.await.unwrap();
    }

    #[test]
    fn nobody_uses_it_when_its_time_is_over() {
        let held = held(0);
        assert!(!held.holds_for(PinPolicy::Always, None));
        held.expire(true);
        assert!(held.holds_for(PinPolicy::Once, None));
        held.expire(false);
        assert!(!held.holds_for(PinPolicy::Once, None));
    }

    #[tokio::test]
    async fn who_waits_for_it_is_told() {
        let held = Arc::new(HeldPin::new(Duration::from_secs(60)));
        let waiting = Arc::clone(&held);
        let task =
            tokio::spawn(async move { waiting.comes_for(PinPolicy::Always, &about()).await });
        tokio::task::yield_now().await;
        held.put("123456".into(), None, operator());
        task.await.unwrap();
    }
}
