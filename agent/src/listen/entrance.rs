//! Which connections are let in: so many of all, of each caller, and of strangers; the last
//! places are kept for operators and local callers.

use std::sync::Arc;

use super::crowd::{Crowd, Place, Rank};
use crate::{caller::Caller, config::Serves, denial::Denial, service::Desk};

/// The limits on connections, which the Unix socket and every `[[listen]]` share.
#[derive(Clone)]
pub struct Entrance {
    desk: Desk,
    connections: Arc<Crowd>,
    strangers: Arc<Crowd>,
}

/// A connection's place, until it is dropped.
pub(super) type Places = (Place, Option<Place>);

impl Entrance {
    /// With the limits of the desk's config.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        let limits = desk.house().config.limits;
        Self {
            desk,
            connections: Crowd::connections(&limits),
            strangers: Crowd::strangers(&limits),
        }
    }

    /// The caller under the name by which the config knows it now.
    pub(super) fn recognise(&self, caller: Caller) -> Caller {
        let config = self.desk.house().config;
        let spec = config.grants.name_of(&caller);
        caller.known_as(spec)
    }

    /// Lets a connection in. Strangers, who are only told no, get an eighth of the places: they
    /// must not keep others out.
    ///
    /// # Errors
    /// Which limit is reached.
    pub(super) fn admit(&self, caller: &Arc<Caller>, serves: Serves) -> Result<Places, Denial> {
        let config = self.desk.house().config;
        let rank = Rank::of(caller, &config.grants);
        let place = self.connections.enter(caller, rank)?;
        let known = config.grants.admits(caller, serves);
        let stranger = (!known).then(|| self.strangers.enter(caller, rank));
        Ok((place, stranger.transpose()?))
    }
}
