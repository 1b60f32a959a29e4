#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{Document, Key, KeyId, RoleKeys};

/// Which keys of a role signed a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many different keys must sign.
    pub threshold: u32,
    /// How many different keys did. One key under two keyids counts once.
    pub count: usize,
    /// The keyids whose signatures verify.
    pub signed: Vec<KeyId>,
    /// The keyids of the keys that did not sign.
    pub missing: Vec<KeyId>,
}

impl Tally {
    /// Verifies every signature that `document` has from a key of the role. `keys` are the keys
    /// of the root that names the role.
    pub fn of(document: &Document, keys: &BTreeMap<KeyId, Key>, role: &RoleKeys) -> Self {
        let payload = document.payload().bytes();
        let (signed, others): (Vec<_>, Vec<_>) = role
            .keyids
            .iter()
            .filter_map(|keyid| Some((keyid, keys.get(keyid)?)))
            .partition(|(keyid, key)| has_signed(document, &payload, keyid, key));
        let counted: BTreeSet<_> = signed.iter().map(|(_, key)| key.fingerprint()).collect();
        let missing = others
            .into_iter()
            .filter(|(_, key)| !counted.contains(&key.fingerprint()));
        Self {
            threshold: role.threshold,
            count: counted.len(),
            missing: missing.map(|(keyid, _)| keyid.clone()).collect(),
            signed: signed.into_iter().map(|(keyid, _)| keyid.clone()).collect(),
        }
    }

    /// Whether enough keys signed.
    pub fn is_met(&self) -> bool {
        self.count >= self.threshold as usize
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} signatures", self.count, self.threshold)
    }
}

/// Too few keys signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document has {0}: ask other keys of the role to sign")]
pub struct BelowThreshold(pub Tally);

/// Checks that a threshold of the role's keys signed `document`. Signatures that don't verify are
/// left out of account.
pub fn verify_threshold(
    document: &Document,
    keys: &BTreeMap<KeyId, Key>,
    role: &RoleKeys,
) -> Result<Tally, BelowThreshold> {
    let tally = Tally::of(document, keys, role);
    if tally.is_met() {
        Ok(tally)
    } else {
        Err(BelowThreshold(tally))
    }
}

fn has_signed(document: &Document, payload: &[u8], keyid: &KeyId, key: &Key) -> bool {
    let entry = document.signature(keyid);
    entry.is_some_and(|entry| key.verifies(payload, entry))
}
