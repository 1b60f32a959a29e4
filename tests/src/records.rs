//! The ledger's records, as an operator reads them over gRPC.

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::ledger::v1::{Decision, Record};
use prost::Message;

use crate::rpc::Rpc;

/// What happened, in order.
#[must_use]
pub fn events(rpc: &Rpc) -> Vec<Event> {
    let records = rpc.records().unwrap();
    let decoded = records
        .iter()
        .map(|record| Record::decode(record.record.as_slice()).unwrap());
    decoded.map(|record| record.event.unwrap()).collect()
}

/// What the agent decided to sign.
#[must_use]
pub fn decisions(rpc: &Rpc) -> Vec<Decision> {
    let decisions = events(rpc).into_iter().filter_map(|event| match event {
        Event::Decision(decision) => Some(decision),
        _ => None,
    });
    decisions.collect()
}
