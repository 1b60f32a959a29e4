//! The facts of a document, as far as the ledger can hold them.

use privyseal_ledger::MAX_RECORD;
use privyseal_proto::ledger::v1::Facts;
use privyseal_tuf::View;
use prost::Message;

use super::{checked::Content, received::Named};
use crate::{
    denial::{Denial, Reason},
    memory::{Known, facts_of},
};

/// What a record has besides the facts, at most.
const ENVELOPE: usize = 16 * 1024;

/// The facts of a document.
///
/// # Errors
/// Where a targets document's delegations do not fit into a record. What else may be too large is
/// the ledger's to refuse.
pub(super) fn facts(known: &Known, document: &Content) -> Result<Facts, Denial> {
    let facts = facts_of(&document.view, Some(known));
    let length = facts.encoded_len();
    let most = MAX_RECORD.saturating_sub(ENVELOPE);
    if matches!(document.view, View::Targets(_)) && length > most {
        let message = format!(
            "what the ledger has to record of the delegations of {} {} are {length} bytes; the most \
             is {most}",
            Named(&document.role),
            document.version
        );
        return Err(Denial::new(Reason::DelegationsTooLarge, message));
    }
    Ok(facts)
}
