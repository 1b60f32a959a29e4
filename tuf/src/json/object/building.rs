use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Member, Object};
use crate::json::{Text, Value};

/// An object whose members come one by one, each name once.
#[derive(Default)]
pub(in crate::json) struct Building {
    members: Vec<Member>,
    /// The names, once some did not come in their order and there are too many to look through.
    seen: Option<BTreeSet<Text>>,
    unsorted: bool,
}

/// As many names are compared one by one.
const FEW: usize = 16;

impl Building {
    /// Whether no member of that name came yet.
    pub(in crate::json) fn is_new(&mut self, key: &Text) -> bool {
        let Some((last, _)) = self.members.last() else {
            return true;
        };
        if !self.unsorted && last < key {
            return true;
        }
        self.unsorted = true;
        if self.members.len() <= FEW {
            return self.members.iter().all(|(name, _)| name != key);
        }
        let members = &self.members;
        let seen = self
            .seen
            .get_or_insert_with(|| members.iter().map(|(name, _)| name.clone()).collect());
        !seen.contains(&**key)
    }

    /// Adds a member whose name [is new](Self::is_new).
    pub(in crate::json) fn push(&mut self, key: Text, value: Value) {
        if let Some(seen) = &mut self.seen {
            seen.insert(key.clone());
        }
        self.members.push((key, value));
    }

    pub(in crate::json) fn finish(mut self) -> Object {
        if self.members.is_empty() {
            return Object::new();
        }
        if self.unsorted {
            self.members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        }
        self.members.shrink_to_fit();
        Object(Some(Arc::new(self.members)))
    }
}
