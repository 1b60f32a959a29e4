//! The agents: where they are, what is remembered of their ledgers, and how they are asked.

mod address;
mod agents;
mod config;
mod connection;
mod error;
mod head;
mod key;
mod memory;
#[cfg(test)]
mod testing;

pub use address::{Address, AddressError, AgentName, parse_list};
pub use agents::Agents;
pub use config::{AGENT_VARIABLE, AgentConfigError, AgentEntry, AgentTable, load};
pub use connection::{Agent, ConnectError};
pub use error::AgentError;
pub use head::{Breach, HashText, HeadError, KnownLedger, ShownLedger, judge, verify_prefix};
pub use key::{HeldKey, KeyRef, NotAKey};
pub use memory::{HeadMemory, MemoryError};
