//! TCP with mutual TLS: a caller is the certificate that its handshake proved.
//!
//! Every client sends a certificate, and whoever has none that a CA of the config issued gets no
//! connection. Where revocation lists are given, every CA of a client's chain must have one that is
//! not past its next update, or the client is refused: what is not known is not trusted. No session
//! is resumed, since that would skip these checks.
//!
//! The files are looked at every second, and what changed is read again. What can't be used
//! leaves the old in force. When something was read again, and every two minutes, the chain of every
//! open connection is verified again; a caller who fails is out at once.

mod accept;
mod authority;
mod error;
mod handshakes;
mod live;
mod material;
mod measured;
mod revocation;
mod stamp;
mod turned_away;
mod verifier;

use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use nix::sys::socket::{setsockopt, sockopt};
use parking_lot::{Mutex, RwLock};
use tokio::time::{MissedTickBehavior, interval};

pub(super) use self::live::Entry;
pub use self::{
    accept::{TlsConnection, TlsConnections},
    error::TlsError,
};
use self::{
    handshakes::Handshakes, live::Live, material::Material, stamp::Stamps, turned_away::TurnedAway,
};
use super::{Entrance, ListenError};
use crate::config::{ListenSection, Serves};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// After so many looks the chains of open connections are verified again, whatever changed:
/// revocation lists and intermediate certificates have their times too.
const VERIFY: u32 = 120;

/// Every `[[listen]]` of the config.
#[derive(Clone)]
pub struct Listeners {
    all: Vec<Arc<Listener>>,
    /// One change at a time.
    changing: Arc<Mutex<()>>,
}

/// A `[[listen]]`: its socket, and what is trusted there now.
pub struct Listener {
    /// As the config has it.
    configured: SocketAddr,
    /// As it is.
    address: SocketAddr,
    serves: Serves,
    socket: TcpListener,
    material: RwLock<Arc<Material>>,
    /// The files when they were last read, whether they could be used or not.
    seen: Mutex<Stamps>,
    live: Arc<Live>,
    handshakes: Arc<Handshakes>,
    turned_away: TurnedAway,
}

/// Sections whose files are read and can be used.
pub struct Loaded(Vec<(Arc<Listener>, Stamps, Material)>);

impl Listeners {
    /// Reads the files of every section and binds its address. Beside so many `connections` there
    /// may be as many unfinished handshakes as the system lets the agent have files open.
    ///
    /// # Errors
    /// The first file that can't be used, or address that can't be had.
    pub fn open(sections: &[ListenSection], connections: NonZeroU32) -> Result<Self, ListenError> {
        let handshakes = Handshakes::beside(connections);
        let open = |section| Listener::open(section, &handshakes).map(Arc::new);
        Ok(Self {
            all: sections.iter().map(open).collect::<Result<_, _>>()?,
            changing: Arc::default(),
        })
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Listener>> {
        self.all.iter()
    }

    /// Reads the files of sections that are to take the place of those of the same addresses.
    /// Nothing changes yet.
    ///
    /// # Errors
    /// The first file that can't be used, or a section for an address that nobody listens on.
    pub fn check(&self, sections: &[ListenSection]) -> Result<Loaded, ListenError> {
        let load = |section: &ListenSection| {
            let address = section.address;
            let mut all = self.all.iter();
            let listener = all.find(|listener| listener.configured == address);
            let listener = listener.ok_or(ListenError::Moved(address))?;
            // Before reading: what changes from here on is seen as a change.
            let stamps = Stamps::of(section);
            let tls = |source| ListenError::Tls { address, source };
            let material = Material::load(section).map_err(tls)?;
            Ok((Arc::clone(listener), stamps, material))
        };
        sections
            .iter()
            .map(load)
            .collect::<Result<_, _>>()
            .map(Loaded)
    }

    /// Puts them into force, for open connections too. Reads again what changed since they were read,
    /// and blocks while it does.
    pub fn apply(&self, loaded: Loaded) {
        let _one = self.changing.lock();
        for (listener, stamps, material) in loaded.0 {
            listener.apply(stamps, material);
        }
    }

    /// Reads again what changed since it was last read. Blocks while it does.
    pub fn look(&self) {
        let _one = self.changing.lock();
        for listener in &self.all {
            listener.look();
        }
    }

    /// Looks after the files and the open connections until it is dropped.
    pub async fn watch(self) {
        if self.all.is_empty() {
            return;
        }
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = 0_u32;
        loop {
            ticks.tick().await;
            looks = looks.wrapping_add(1);
            let listeners = self.clone();
            // A file system may hang; the agent does not.
            let look = tokio::task::spawn_blocking(move || {
                listeners.look();
                if looks.is_multiple_of(VERIFY) {
                    for listener in &listeners.all {
                        listener.live.verify(listener.material().verifier.as_ref());
                    }
                }
            });
            drop(look.await);
        }
    }
}

impl Listener {
    fn open(section: &ListenSection, handshakes: &Arc<Handshakes>) -> Result<Self, ListenError> {
        let configured = section.address;
        let stamps = Stamps::of(section);
        let material = Material::load(section).map_err(|source| ListenError::Tls {
            address: configured,
            source,
        })?;
        let bound = TcpListener::bind(configured).and_then(|socket| {
            socket.set_nonblocking(true)?;
            // What it accepts inherits these (tcp(7)). The kernel finds out who is gone: a ping of
            // HTTP/2 would bring an answer, and a connection that answers is not idle.
            setsockopt(&socket, sockopt::TcpNoDelay, &true)?;
            setsockopt(&socket, sockopt::KeepAlive, &true)?;
            setsockopt(&socket, sockopt::TcpKeepIdle, &30)?;
            setsockopt(&socket, sockopt::TcpKeepInterval, &10)?;
            setsockopt(&socket, sockopt::TcpKeepCount, &3)?;
            setsockopt(&socket, sockopt::TcpUserTimeout, &60_000)?;
            Ok((socket.local_addr()?, socket))
        });
        let (address, socket) = bound.map_err(|source| ListenError::Address {
            address: configured,
            source,
        })?;
        tracing::info!(%address, serves = ?section.serves, "listening for callers with certificates");
        Ok(Self {
            configured,
            address,
            serves: section.serves,
            socket,
            material: RwLock::new(Arc::new(material)),
            seen: Mutex::new(stamps),
            live: Arc::default(),
            handshakes: Arc::clone(handshakes),
            turned_away: TurnedAway::default(),
        })
    }

    /// What is served there.
    #[must_use]
    pub fn serves(&self) -> Serves {
        self.serves
    }

    /// Its connections, each with its caller, until they are dropped.
    ///
    /// # Errors
    /// Where the socket can't be waited on.
    pub fn connections(
        self: &Arc<Self>,
        entrance: Entrance,
    ) -> Result<TlsConnections, ListenError> {
        let incoming = accept::connections(Arc::clone(self), entrance);
        incoming.map_err(|source| ListenError::Address {
            address: self.address,
            source,
        })
    }

    fn material(&self) -> Arc<Material> {
        Arc::clone(&self.material.read())
    }

    fn look(&self) {
        let section = self.material().section.clone();
        let stamps = Stamps::of(&section);
        if std::mem::replace(&mut *self.seen.lock(), stamps.clone()) == stamps {
            return;
        }
        let address = self.address;
        match Material::load(&section) {
            Ok(material) => {
                self.exchange(material);
                tracing::info!(%address, "certificates were read again and are in force");
            }
            Err(error) => {
                tracing::error!(%address, "certificates changed, and the old stay in force: {error}");
            }
        }
    }

    /// Puts into force what was read when the files were so, or what they are now: a look may have
    /// found a newer revocation list meanwhile.
    fn apply(&self, mut stamps: Stamps, mut material: Material) {
        let now = Stamps::of(&material.section);
        if now != stamps {
            match Material::load(&material.section) {
                Ok(newer) => (stamps, material) = (now, newer),
                Err(error) => {
                    let address = self.address;
                    tracing::error!(%address, "certificates changed during the reload: {error}");
                }
            }
        }
        *self.seen.lock() = stamps;
        self.exchange(material);
    }

    /// Puts it into force, for new connections and for those that are open.
    fn exchange(&self, material: Material) {
        let verifier = Arc::clone(&material.verifier);
        *self.material.write() = Arc::new(material);
        self.live.verify(verifier.as_ref());
    }
}

#[cfg(test)]
mod tests;
