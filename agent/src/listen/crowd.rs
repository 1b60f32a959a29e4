//! Who is in at a time: so many of all, and so many of each caller, that one keeps no others out.

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroU32,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    caller::Caller,
    config::Limits,
    denial::{Denial, Reason},
};

/// Counts what is in, whatever it is, and lets in what the limits allow.
#[derive(Debug)]
pub struct Crowd {
    what: &'static str,
    all: Limit,
    each: Limit,
    inside: Mutex<Inside>,
    emptied: Notify,
}

/// As many at a time, and what the config calls it.
#[derive(Debug, Clone, Copy)]
struct Limit {
    most: u32,
    name: &'static str,
}

#[derive(Debug, Default)]
struct Inside {
    all: u32,
    of: HashMap<Arc<Caller>, u32>,
    closed: bool,
}

/// A place in a crowd, until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Place {
    crowd: Arc<Crowd>,
    caller: Arc<Caller>,
}

impl Limit {
    fn new(most: NonZeroU32, name: &'static str) -> Self {
        let most = most.get();
        Self { most, name }
    }
}

impl Crowd {
    /// Requests in flight.
    #[must_use]
    pub fn requests(limits: &Limits) -> Arc<Self> {
        let all = Limit::new(limits.requests, "limits.requests");
        let each = Limit::new(limits.caller_requests, "limits.caller_requests");
        Self::new("requests in flight", all, each)
    }

    /// Connections of callers.
    #[must_use]
    pub fn connections(limits: &Limits) -> Arc<Self> {
        let all = Limit::new(limits.connections, "limits.connections");
        let each = Limit::new(limits.caller_connections, "limits.caller_connections");
        Self::new("connections", all, each)
    }

    /// Connections of those who are only told no: an eighth of all.
    #[must_use]
    pub fn strangers(limits: &Limits) -> Arc<Self> {
        let most = (limits.connections.get() / 8).max(1);
        let name = "an eighth of limits.connections";
        let limit = Limit { most, name };
        Self::new("connections of strangers", limit, limit)
    }

    fn new(what: &'static str, all: Limit, each: Limit) -> Arc<Self> {
        Arc::new(Self {
            what,
            all,
            each,
            inside: Mutex::default(),
            emptied: Notify::new(),
        })
    }

    /// A place, until it is dropped.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` with the limit that is reached.
    pub fn enter(self: &Arc<Self>, caller: &Arc<Caller>) -> Result<Place, Denial> {
        let mut inside = self.inside.lock();
        if inside.closed {
            return Err(too_many("the agent is stopping".to_owned()));
        }
        if inside.all >= self.all.most {
            let (what, Limit { most, name }) = (self.what, self.all);
            return Err(too_many(format!("there are {most} {what} ({name})")));
        }
        let of = inside.of.entry(Arc::clone(caller)).or_default();
        if *of >= self.each.most {
            let (what, Limit { most, name }) = (self.what, self.each);
            let message = format!("{caller} has {most} {what} ({name})");
            return Err(too_many(message));
        }
        *of += 1;
        inside.all += 1;
        Ok(Place {
            crowd: Arc::clone(self),
            caller: Arc::clone(caller),
        })
    }

    /// Lets nobody in from now on.
    pub fn close(&self) {
        self.inside.lock().closed = true;
    }

    /// Waits until nobody is in.
    pub async fn emptied(&self) {
        let emptied = self.emptied.notified();
        tokio::pin!(emptied);
        loop {
            // Before looking: who leaves in between is heard.
            emptied.as_mut().enable();
            if self.inside.lock().all == 0 {
                return;
            }
            emptied.as_mut().await;
            emptied.set(self.emptied.notified());
        }
    }
}

fn too_many(message: String) -> Denial {
    Denial::new(Reason::TooManyRequests, message)
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.crowd.inside.lock();
        inside.all = inside.all.saturating_sub(1);
        if let Entry::Occupied(mut of) = inside.of.entry(Arc::clone(&self.caller)) {
            match of.get().checked_sub(1) {
                None | Some(0) => drop(of.remove_entry()),
                Some(left) => *of.get_mut() = left,
            }
        }
        if inside.all == 0 {
            self.crowd.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    fn crowd(all: u32, each: u32) -> Arc<Crowd> {
        let limit = |most, name| Limit { most, name };
        Crowd::new(
            "guests",
            limit(all, "limits.all"),
            limit(each, "limits.each"),
        )
    }

    fn callers<const N: usize>() -> [Arc<Caller>; N] {
        let uid = |at| u32::try_from(at).unwrap() + 65_000;
        std::array::from_fn(|at| Arc::new(Caller::process(uid(at), 65_000, vec![])))
    }

    #[test]
    fn each_limit_is_named_and_holds_until_somebody_leaves() {
        let crowd = crowd(3, 2);
        let [one, two] = callers();
        let places: Vec<_> = (0..2).map(|_| crowd.enter(&one).unwrap()).collect();
        let denial = crowd.enter(&one).unwrap_err();
        assert_eq!(denial.reason(), Reason::TooManyRequests);
        assert_eq!(denial.message(), "uid:65000 has 2 guests (limits.each)");
        let other = crowd.enter(&two).unwrap();
        let denial = crowd.enter(&two).unwrap_err();
        assert_eq!(denial.message(), "there are 3 guests (limits.all)");
        drop(places);
        let again = [one, two].map(|caller| crowd.enter(&caller).unwrap());
        drop((other, again));
        assert!(crowd.inside.lock().of.is_empty(), "it remembers nobody");
    }

    #[test]
    fn two_connections_of_a_caller_are_one_caller() {
        let crowd = crowd(3, 1);
        let [one] = callers();
        let [same] = callers();
        let place = crowd.enter(&one).unwrap();
        assert!(crowd.enter(&same).is_err());
        drop(place);
        drop(crowd.enter(&same).unwrap());
    }

    #[tokio::test]
    async fn it_is_heard_when_the_last_one_leaves() {
        let crowd = crowd(2, 2);
        let [one] = callers();
        crowd.emptied().await;
        let (first, last) = (crowd.enter(&one).unwrap(), crowd.enter(&one).unwrap());
        crowd.close();
        assert!(crowd.enter(&one).is_err());
        let emptied = crowd.emptied();
        tokio::pin!(emptied);
        let poll = std::future::poll_fn(|cx| Poll::Ready(emptied.as_mut().poll(cx)));
        assert!(poll.await.is_pending());
        drop(first);
        let poll = std::future::poll_fn(|cx| Poll::Ready(emptied.as_mut().poll(cx)));
        assert!(poll.await.is_pending());
        drop(last);
        emptied.await;
    }
}
