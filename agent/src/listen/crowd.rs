//! Who is in at a time: so many of all, and so many of each caller, that one keeps no others out.

mod limit;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

pub use self::limit::ENVELOPE;
use self::limit::Limit;
use crate::{
    caller::{Caller, Party},
    config::Serves,
    denial::{Denial, Reason},
    grant::Grants,
};

/// Counts what is in, whatever it is, and lets in what the limits allow.
#[derive(Debug)]
pub struct Crowd {
    what: &'static str,
    all: Limit,
    each: Limit,
    /// Of all, what only [`Rank::Preferred`] gets.
    kept: usize,
    inside: Mutex<Inside>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    of: HashMap<Party, usize>,
    closed: bool,
}

/// For whom a part of the places is kept: whatever comes over the network, an operator and whoever
/// works on this machine get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// Callers over the network, and strangers.
    Ordinary,
    /// Operators, and local processes that the config names.
    Preferred,
}

impl Rank {
    /// By this config.
    #[must_use]
    pub fn of(caller: &Caller, grants: &Grants) -> Self {
        let local = || caller.is_local() && grants.admits(caller, Serves::Privyseal);
        if grants.is_operator(caller) || local() {
            Self::Preferred
        } else {
            Self::Ordinary
        }
    }
}

/// A place in a crowd, until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Place {
    crowd: Arc<Crowd>,
    caller: Arc<Caller>,
    rank: Rank,
    takes: usize,
}

impl Crowd {
    /// A place, until it is dropped.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS` with the limit that is reached.
    pub fn enter(self: &Arc<Self>, caller: &Arc<Caller>, rank: Rank) -> Result<Place, Denial> {
        let mut place = self.empty_place(caller, rank);
        place.resize(1)?;
        Ok(place)
    }

    /// A place that takes nothing yet.
    pub fn empty_place(self: &Arc<Self>, caller: &Arc<Caller>, rank: Rank) -> Place {
        Place {
            crowd: Arc::clone(self),
            caller: Arc::clone(caller),
            rank,
            takes: 0,
        }
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

    /// Is there room for so much in all, and so much of this caller?
    fn room(&self, all: usize, of: usize, caller: &Caller, rank: Rank) -> Result<(), Denial> {
        let Limit { most, name } = &self.each;
        if of > *most {
            let message = format!("{caller} has {most} {} ({name})", self.what);
            return Err(too_many(message));
        }
        let Limit { most, name } = &self.all;
        if all > *most {
            return Err(too_many(format!("there are {most} {} ({name})", self.what)));
        }
        let common = most.saturating_sub(self.kept);
        if rank == Rank::Ordinary && all > common {
            let (what, kept) = (self.what, self.kept);
            let message = format!(
                "there are {common} {what} ({name}, without the {kept} kept for operators and \
                 local callers)"
            );
            return Err(too_many(message));
        }
        Ok(())
    }
}

fn too_many(message: String) -> Denial {
    Denial::new(Reason::TooManyRequests, message)
}

impl Place {
    /// Takes so much from now on.
    ///
    /// # Errors
    /// As [`Crowd::enter`], where it is more than before. Then nothing changed.
    pub fn resize(&mut self, takes: usize) -> Result<(), Denial> {
        if takes == self.takes {
            return Ok(());
        }
        let (crowd, party) = (&self.crowd, self.caller.party());
        let mut inside = crowd.inside.lock();
        let of = inside.of.get(party).copied().unwrap_or_default();
        let changed = |before: usize| before.saturating_sub(self.takes).saturating_add(takes);
        let (all, of) = (changed(inside.all), changed(of));
        if takes > self.takes {
            if inside.closed {
                return Err(too_many("the agent is stopping".to_owned()));
            }
            crowd.room(all, of, &self.caller, self.rank)?;
        }
        inside.all = all;
        match inside.of.get_mut(party) {
            Some(_) if of == 0 => drop(inside.of.remove(party)),
            Some(counted) => *counted = of,
            None => drop(inside.of.insert(party.clone(), of)),
        }
        if all == 0 {
            crowd.emptied.notify_waiters();
        }
        self.takes = takes;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Less is always allowed.
        drop(self.resize(0));
    }
}
