use std::collections::BTreeSet;

use super::case::list_of;
use crate::json::Object;
use crate::{PathPattern, ScopeEntry};

/// Pairs of patterns that are compared at most: beyond, nothing counts as covered.
const MOST_PAIRS: usize = 1_000_000;

/// The paths that one or several delegations give.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    patterns: Vec<PathPattern>,
    prefixes: BTreeSet<String>,
}

/// How many pairs were compared.
#[derive(Debug, Default)]
pub(super) struct Effort(usize);

impl Scopes {
    /// Those of a listed delegation.
    pub(super) fn of(role: &Object) -> Self {
        let mut scopes = Self::default();
        scopes.add(role);
        scopes
    }

    /// Adds those of a listed delegation.
    pub(super) fn add(&mut self, role: &Object) {
        self.patterns
            .extend(list_of(role, "paths").map(PathPattern::from));
        let prefixes = list_of(role, "path_hash_prefixes");
        self.prefixes.extend(prefixes.map(str::to_owned));
    }

    /// Whether one of them has all of `entry`. Where it is hard to tell, the answer is no.
    pub(super) fn cover(&self, entry: &ScopeEntry, effort: &mut Effort) -> bool {
        match entry {
            ScopeEntry::Path(pattern) => {
                effort.0 = effort.0.saturating_add(self.patterns.len());
                effort.0 <= MOST_PAIRS && self.patterns.iter().any(|own| own.covers(pattern))
            }
            ScopeEntry::HashPrefix(prefix) => {
                let prefix = prefix.as_str();
                let mut shorter = (1..=prefix.len()).filter_map(|length| prefix.get(..length));
                shorter.any(|shorter| self.prefixes.contains(shorter))
            }
        }
    }
}
