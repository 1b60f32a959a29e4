//! Accepting that notary-server's database was restored from a backup.

use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{NotaryRestored, record::Event};

use crate::{
    caller::Caller,
    corridor::{House, unknown_authority},
    denial::{Denial, Reason},
    fault::Stop,
    grant::NameGlob,
    keystore::KeyName,
};

/// Whose database was restored.
#[derive(Debug)]
pub struct Restored {
    /// The authority of the repositories.
    pub authority: String,
    /// A glob over their names.
    pub repositories: String,
    /// Why; recorded.
    pub reason: String,
}

/// As many keys have their names in one record: at most half of what a record may hold.
const KEYS: usize = 8_192;

/// Records it. From then on the next version that each of the keys signs may be any, once. Returns
/// the names of the keys, sorted.
///
/// # Errors
/// Where the glob or the reason is none, no used notary key is meant, or the ledger takes no record.
pub async fn accept_restored(
    house: &House,
    operator: &Caller,
    request: Restored,
) -> Result<(Vec<KeyName>, Head), Stop> {
    let Restored {
        authority,
        repositories,
        reason,
    } = request;
    if reason.trim().is_empty() || reason.len() > 1024 {
        let message = "the reason needs 1 to 1,024 characters; it stands in the ledger";
        return Err(Denial::new(Reason::RequestMalformed, message).into());
    }
    if !house.config.authorities.contains_key(&authority) {
        return Err(unknown_authority(&authority).into());
    }
    let shown: String = repositories.chars().take(255).collect();
    let shown = shown.escape_debug();
    let glob = NameGlob::try_from(repositories).map_err(|error| {
        let message = format!("repositories: `{shown}` is no glob: {}", error.kind());
        Denial::new(Reason::RequestMalformed, message)
    })?;
    let memory = house.ledger.memory();
    let keys = memory.used_notary_keys(&authority, |repository| glob.matches(repository));
    let mut head = None;
    for part in keys.chunks(KEYS) {
        let restored = Event::NotaryRestored(NotaryRestored {
            operator: Some(operator.to_record()),
            authority: authority.clone(),
            keys: part.iter().map(KeyName::to_string).collect(),
            reason: reason.clone(),
        });
        head = Some(house.ledger.append(restored, None).await?.head);
    }
    match head {
        Some(head) => Ok((keys, head)),
        None => {
            let message = format!(
                "no notary key of a repository `{shown}` in {} has signed anything",
                authority.escape_debug()
            );
            Err(Denial::new(Reason::UnknownKey, message).into())
        }
    }
}
