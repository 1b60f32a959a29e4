//! From what is to change to what the trust server holds: verified before, signed at the agents,
//! sent as a whole, and verified again.

mod error;
mod floors;
mod intent;
mod lock;
mod outbox;
mod pending;
mod run;
mod settle;
mod sign;
mod snapshot;
mod state;

use privyseal_tuf::{Key, RoleType};

use super::change::{Change, TargetContent};
use super::edit::Lifetimes;
use super::home::RepositoryHome;
use super::pins::Pins;
use super::reference::Gun;
use super::server::Server;

pub use error::PublishError;
pub use intent::StillSigned;
pub use lock::PublishLock;
pub use outbox::{Outbox, Sent};
pub use pending::PendingRoot;
pub use run::Published;
pub use settle::Settled;
pub use sign::DocumentSigned;
pub use state::State;

/// A repository at its trust server, for somebody who publishes.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// The server.
    pub server: &'a Server,
    /// What this user knows of the repository.
    pub home: &'a RepositoryHome,
    /// Which roots are taken.
    pub pins: &'a Pins,
    /// How long new documents are good.
    pub lifetimes: Lifetimes,
    /// Unix time in seconds.
    pub now: i64,
    /// Whether what is out of date is built on, to be signed anew.
    pub expired: bool,
}

/// What is to be published at once.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The changes, in their order.
    pub changes: Vec<Change>,
    /// What becomes changes of the roles that the keys here sign for.
    pub intents: Vec<Intent>,
    /// The numbers of those that were staged, which are dropped once all is published.
    pub staged: Vec<u64>,
    /// New keys of roles in the root.
    pub roles: Vec<RoleKeysChange>,
    /// Sign the root anew, whether or not it changes.
    pub renew_root: bool,
    /// Whether tags that no signer would be left for may go.
    pub lose: bool,
}

/// What somebody wants, whichever roles that is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To sign a tag in every role for which there are keys here, as docker does.
    Sign {
        /// The tag.
        target: String,
        /// What it is.
        content: TargetContent,
    },
    /// To remove a tag from every such role.
    Revoke {
        /// The tag.
        target: String,
    },
    /// To remove every tag from every such role.
    RevokeAll,
}

/// Other keys for a role of the root.
#[derive(Clone, Debug)]
pub struct RoleKeysChange {
    /// The role.
    pub role: RoleType,
    /// All of its keys; certificates of the root role.
    pub keys: Vec<Key>,
    /// How many must sign.
    pub threshold: u32,
}

impl Publisher<'_> {
    /// The repository's name.
    #[must_use]
    pub fn gun(&self) -> &Gun {
        self.home.gun()
    }
}
