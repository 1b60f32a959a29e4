//! Whether a request changed anything.

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::{Key, LineageReply};

use crate::records;
use crate::repository::Repository;
use crate::rpc::Rpc;

/// All that an agent remembers: of its keys, of these repositories, and in its ledger. Sums of
/// refusals and the outcomes of earlier decisions are no part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    lineages: Vec<Option<LineageReply>>,
    keys: Vec<Key>,
    events: Vec<Event>,
}

impl Remembered {
    /// Asks the agent.
    #[must_use]
    pub fn of(rpc: &Rpc, repositories: &[&Repository]) -> Self {
        let lineages = repositories.iter().map(|r| rpc.lineage(&r.lineage).ok());
        let counts = |event: &Event| !matches!(event, Event::Outcome(_) | Event::Refusals(_));
        Self {
            lineages: lineages.collect(),
            keys: rpc.keys().unwrap(),
            events: records::events(rpc).into_iter().filter(counts).collect(),
        }
    }
}
