//! The agents: where they are, what is remembered of their ledgers, and how they are asked.

mod address;
mod agents;
mod config;
mod connection;
mod error;
mod head;
mod key;
mod memory;
mod name;
mod person;
mod pin;
#[cfg(test)]
mod testing;
mod tls;

pub use address::{Address, AddressError, Network, parse_list};
pub use agents::Agents;
pub use config::{AGENT_VARIABLE, AgentConfigError, AgentEntry, AgentTable, AgentTableError, load};
pub use connection::{Agent, ConnectError};
pub use error::AgentError;
pub use head::{Breach, HashText, HeadError, KnownLedger, ShownLedger, judge, verify_prefix};
pub use key::{HeldKey, KeyRef, NotAKey, TRUST};
pub use memory::{HeadMemory, MemoryError};
pub use name::AgentName;
pub(crate) use person::Person;
pub use pin::{LONGEST_PIN, NoPin, PIV, check_pin};
pub use tls::{Fingerprint, Identity, TlsFiles, VariableError};
