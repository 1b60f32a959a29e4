//! Memories for tests.

use std::sync::Arc;

use privyseal_proto::ledger::v1::Record;
use prost::Message;

use super::{Lineage, Memory};

/// Records of an agent that knew nothing of delegations, each after its length: two repositories,
/// a draft that was superseded, targets metadata that delegates to `team`.
pub(crate) const BEFORE_DELEGATIONS: &[u8] =
    include_bytes!("../../testdata/before-delegations.records");

/// What these records say, and how many they are.
pub(crate) fn replayed(mut bytes: &[u8]) -> (Memory, u64) {
    let memory = Memory::default();
    let mut index = 0;
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (record, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        memory.apply(index, &Record::decode(record).unwrap());
        (bytes, index) = (rest, index + 1);
    }
    (memory, index)
}

/// The lineage of a repository.
pub(crate) fn lineage(memory: &Memory, repository: &str) -> Arc<Lineage> {
    let state = memory.state.read();
    let mut lineages = state.lineages.values();
    let found = lineages.find(|lineage| lineage.id().repository == repository);
    Arc::clone(found.unwrap())
}
