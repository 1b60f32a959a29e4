use std::collections::{BTreeMap, BTreeSet};

use super::error::{Fault, Problem, Within};
use super::fields::{array, integer, object, required, text};
use crate::json::{Object, Value};
use crate::{Key, KeyId};

/// The most keys that a role may have.
pub const MAX_KEYIDS: usize = 1024;

/// The keys of a role, and how many of them must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleKeys {
    /// In the document's order, each once.
    pub keyids: Vec<KeyId>,
    /// 1 or more.
    pub threshold: u32,
}

impl RoleKeys {
    /// `keys` are the root's or delegator's keys, of which the role may name any.
    pub(super) fn parse(value: &Value, keys: &BTreeMap<KeyId, Key>) -> Result<Self, Fault> {
        let role = object(value)?;
        let keyids = required(role, "keyids", |value| parse_keyids(value, keys))?;
        let threshold = required(role, "threshold", parse_threshold)?;
        Ok(Self { keyids, threshold })
    }

    /// As notary writes them: `null` where a delegation's last key was taken away.
    pub(super) fn parse_notary(value: &Value, keys: &BTreeMap<KeyId, Key>) -> Result<Self, Fault> {
        let role = object(value)?;
        if role.get("keyids") != Some(&Value::Null) {
            return Self::parse(value, keys);
        }
        Ok(Self {
            keyids: Vec::new(),
            threshold: required(role, "threshold", parse_threshold)?,
        })
    }

    /// Writes its fields into an object; other members of it stay.
    pub(crate) fn write(&self, entry: &mut Object) {
        let keyids = self.keyids.iter().map(|keyid| Value::from(keyid.as_str()));
        entry.insert("keyids", Value::Array(keyids.collect()));
        entry.insert("threshold", Value::from(u64::from(self.threshold)));
    }

    /// How many different keys the role has: one key under two keyids counts once.
    pub fn distinct_keys(&self, keys: &BTreeMap<KeyId, Key>) -> usize {
        let keys = self.keyids.iter().filter_map(|keyid| keys.get(keyid));
        keys.map(Key::fingerprint).collect::<BTreeSet<_>>().len()
    }

    /// Whether the role has as many different keys as its threshold asks for. Where it has not,
    /// nobody can ever sign for it.
    pub fn reachable(&self, keys: &BTreeMap<KeyId, Key>) -> bool {
        self.distinct_keys(keys) >= self.threshold as usize
    }
}

fn parse_threshold(value: &Value) -> Result<u32, Problem> {
    let number = integer(value)?;
    let threshold = u32::try_from(number).ok();
    let threshold = threshold.filter(|threshold| *threshold > 0);
    threshold.ok_or(Problem::Threshold(number))
}

fn parse_keyids(value: &Value, keys: &BTreeMap<KeyId, Key>) -> Result<Vec<KeyId>, Fault> {
    let items = array(value)?;
    if items.len() > MAX_KEYIDS {
        return Err(Problem::TooManyKeyIds(items.len()).into());
    }
    let mut seen = BTreeSet::new();
    let mut keyids = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let keyid = KeyId::from(text(item).within_index(index)?);
        if !keys.contains_key(&keyid) {
            return Err(Problem::UnknownKeyId(keyid)).within_index(index);
        }
        if !seen.insert(keyid.clone()) {
            return Err(Problem::DuplicateKeyId(keyid)).within_index(index);
        }
        keyids.push(keyid);
    }
    Ok(keyids)
}
