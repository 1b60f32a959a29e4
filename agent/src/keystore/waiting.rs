//! What a keystore waits for a person to do.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use tokio::sync::watch;

use super::name::KeystoreName;

/// What one request is about, for the person in front of the device: "root v7 of example.org".
#[derive(Debug, Clone)]
pub struct About {
    ticket: u64,
    text: Arc<str>,
}

impl About {
    /// A request of its own with this text.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        // 0 is nobody's: on the wire it stands for none.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            ticket: NEXT.fetch_add(1, Ordering::Relaxed),
            text: text.into(),
        }
    }

    /// Tells this request from every other of this agent's life.
    #[must_use]
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// What is to be signed or done.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for About {
    /// Are they the same request?
    fn eq(&self, other: &Self) -> bool {
        self.ticket == other.ticket
    }
}

impl Eq for About {}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a person is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitKind {
    /// An operator types the PIN (`privyseal agent unlock`).
    Pin,
    /// Somebody touches the device.
    Touch,
}

/// A request that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What the person is to do.
    pub kind: WaitKind,
    /// The keystore that waits.
    pub keystore: KeystoreName,
    /// The device, as a person knows it: "YubiKey 12345678".
    pub device: String,
    /// Why.
    pub about: About,
    /// When the device or the agent gives up.
    pub until: SystemTime,
}

/// Everything that a keystore waits for a person to do, the first first.
pub type Waits = Arc<[Waiting]>;

/// The list of waits of one keystore: whoever waits stands in it until its [`Wait`] is dropped.
#[derive(Debug)]
pub struct WaitList(watch::Sender<Waits>);

impl Default for WaitList {
    fn default() -> Self {
        Self(watch::Sender::new(Waits::from([])))
    }
}

impl WaitList {
    /// The waits, now and as they change.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Waits> {
        self.0.subscribe()
    }

    /// Says that somebody is waited for, until the answer is dropped.
    pub fn wait(&self, waiting: Waiting) -> Wait {
        let (about, kind) = (waiting.about.clone(), waiting.kind);
        self.0.send_modify(|waits| {
            *waits = waits.iter().cloned().chain([waiting]).collect();
        });
        Wait {
            list: self.0.clone(),
            about,
            kind,
        }
    }
}

/// A place in a [`WaitList`].
#[derive(Debug)]
#[must_use]
pub struct Wait {
    list: watch::Sender<Waits>,
    about: About,
    kind: WaitKind,
}

impl Drop for Wait {
    fn drop(&mut self) {
        let over = |waiting: &Waiting| waiting.about == self.about && waiting.kind == self.kind;
        self.list.send_modify(|waits| {
            *waits = waits.iter().filter(|w| !over(w)).cloned().collect();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(kind: WaitKind, about: &About) -> Waiting {
        Waiting {
            kind,
            keystore: "root-a".parse().unwrap(),
            device: "YubiKey 1".to_owned(),
            about: about.clone(),
            until: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn who_waits_is_listed_until_the_wait_is_over() {
        let (list, one, other) = (WaitList::default(), About::new("root"), About::new("root"));
        let seen = list.subscribe();
        let first = list.wait(waiting(WaitKind::Pin, &one));
        let second = list.wait(waiting(WaitKind::Touch, &other));
        assert_eq!(seen.borrow().len(), 2);
        drop(first);
        assert_eq!(seen.borrow()[0].about, other);
        drop(second);
        assert!(seen.borrow().is_empty());
    }
}
