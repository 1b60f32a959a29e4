use privyseal_tuf::{Key, KeyId, Quorum, Review, RolePlace};

use super::DiffContext;
use super::field::changed;
use super::line::{Line, Sign};
use crate::show::quote;

/// What is known of keys.
pub(super) struct Names<'a> {
    pub(super) context: &'a DiffContext,
    pub(super) review: &'a Review,
}

impl Names<'_> {
    /// A key of the document.
    pub(super) fn key(&self, sign: Sign, keyid: &KeyId) -> Line {
        Line::new(sign, "key", self.name(keyid))
    }

    /// A key that may sign for a role.
    pub(super) fn signer(&self, sign: Sign, role: &RolePlace, keyid: &KeyId) -> Line {
        Line::new(sign, "signer", of_role(role, &self.name(keyid)))
    }

    /// The full keyid, algorithm and owner: keys are told apart by all of their digits.
    fn name(&self, keyid: &KeyId) -> String {
        let key = self.review.key(keyid);
        let owner = self.context.owners.get(keyid);
        let mut said = vec![
            key.map_or_else(|| "no such key".to_owned(), algorithm),
            owner.map_or_else(|| "owner not known".to_owned(), |owner| quote(owner)),
        ];
        let claimed = key.and_then(Key::claimed_owner);
        said.extend(claimed.map(|claimed| format!("says it is of {}", quote(claimed))));
        format!("{} ({})", quote(keyid.as_str()), said.join(", "))
    }
}

fn algorithm(key: &Key) -> String {
    match key.algorithm() {
        Some(algorithm) => algorithm.to_string(),
        None => format!("{}, unusable", quote(key.scheme())),
    }
}

/// How many keys must sign for a role.
pub(super) fn threshold(role: &RolePlace, old: Option<&Quorum>, new: Option<&Quorum>) -> Line {
    let said = |quorum: &Quorum| {
        let keys = if quorum.keys == 1 { "key" } else { "keys" };
        format!("{} of {} {keys}", quorum.threshold, quorum.keys)
    };
    changed("threshold", role, old.map(said), new.map(said))
}

/// What is said of a role.
pub(super) fn of_role(role: &RolePlace, said: &str) -> String {
    match role {
        RolePlace::Top(name) | RolePlace::Delegated { name, .. } => {
            format!("{}: {said}", quote(name))
        }
        RolePlace::Bins => format!("all bins: {said}"),
    }
}
