use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::descent::Step;
use crate::{DelegatedRoles, Delegations, PathPattern, Scope, Sha256Digest, TargetPath};

/// Finds the delegations of a role that cover a path, for many paths: with thousands of bins it
/// would take long to look at each.
#[derive(Debug)]
pub(super) struct Router {
    delegations: Arc<Delegations>,
    /// The delegations, by their place in the list, that have this hash prefix.
    prefixes: BTreeMap<String, Vec<usize>>,
    /// How long those prefixes are.
    lengths: BTreeSet<usize>,
    /// Each pattern with the text that every path must begin with to match it.
    patterns: Vec<(usize, PathPattern, String)>,
}

impl Router {
    pub(super) fn new(delegations: Arc<Delegations>) -> Self {
        let mut router = Self {
            prefixes: BTreeMap::new(),
            lengths: BTreeSet::new(),
            patterns: Vec::new(),
            delegations,
        };
        let delegations = router.delegations.clone();
        if let DelegatedRoles::Listed(roles) = &delegations.roles {
            for (place, role) in roles.iter().enumerate() {
                router.add(place, &role.scope);
            }
        }
        router
    }

    fn add(&mut self, place: usize, scope: &Scope) {
        match scope {
            Scope::HashPrefixes(prefixes) => {
                for prefix in prefixes {
                    let prefix = prefix.as_str().to_owned();
                    self.lengths.insert(prefix.len());
                    self.prefixes.entry(prefix).or_default().push(place);
                }
            }
            // Of notary's dialect, which no specification's client walks.
            Scope::Prefixes(_) => {}
            Scope::Paths(patterns) => {
                let patterns = patterns.iter().map(|pattern| {
                    let plain = pattern.as_str().split(['*', '?', '[']).next();
                    (place, pattern.clone(), plain.unwrap_or_default().to_owned())
                });
                self.patterns.extend(patterns);
            }
        }
    }

    /// The delegations that cover a path, in their order.
    pub(super) fn covering(&self, path: &TargetPath) -> Vec<Step<()>> {
        let step = |name, terminating| Step {
            name,
            terminating,
            with: (),
        };
        match &self.delegations.roles {
            DelegatedRoles::Succinct(succinct) => vec![step(succinct.name_of(path), false)],
            DelegatedRoles::Listed(roles) => {
                let places = self.places(path).into_iter();
                let roles = places.filter_map(|place| roles.get(place));
                roles
                    .map(|role| step(role.name.clone(), role.terminating))
                    .collect()
            }
        }
    }

    fn places(&self, path: &TargetPath) -> BTreeSet<usize> {
        let text = path.as_str();
        let matching = self.patterns.iter().filter(|(_, pattern, plain)| {
            text.starts_with(plain.as_str()) && pattern.matches(path)
        });
        let mut places: BTreeSet<usize> = matching.map(|(place, ..)| *place).collect();
        if !self.lengths.is_empty() {
            let hash = Sha256Digest::of(text.as_bytes()).to_string();
            let prefixes = self.lengths.iter().filter_map(|length| hash.get(..*length));
            places.extend(
                prefixes
                    .filter_map(|prefix| self.prefixes.get(prefix))
                    .flatten(),
            );
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DelegatedRole, RoleKeys};

    fn any_scope() -> impl Strategy<Value = Scope> {
        let patterns = prop::collection::vec("[ab*?\\[\\]/]{1,5}", 0..4);
        let prefixes = prop::collection::vec("[0-9a-f]{1,2}", 0..12);
        prop_oneof![
            patterns.prop_map(|texts| {
                Scope::Paths(texts.iter().map(|text| text.as_str().into()).collect())
            }),
            prefixes.prop_map(|texts| {
                Scope::HashPrefixes(texts.iter().map(|text| text.parse().unwrap()).collect())
            }),
        ]
    }

    proptest! {
        #[test]
        fn it_finds_what_looking_at_each_finds(
            scopes in prop::collection::vec(any_scope(), 0..8),
            path in "[ab]{1,2}(/[ab]{1,2}){0,2}",
        ) {
            let roles = scopes.into_iter().enumerate().map(|(at, scope)| DelegatedRole {
                name: format!("r{at}").parse().unwrap(),
                keys: RoleKeys { keyids: Vec::new(), threshold: 1 },
                terminating: at % 3 == 0,
                scope,
            });
            let delegations = Arc::new(Delegations {
                keys: BTreeMap::new(),
                roles: DelegatedRoles::Listed(roles.collect()),
            });
            let path: TargetPath = path.parse().unwrap();
            let found = Router::new(delegations.clone()).covering(&path);
            let found = found.into_iter().map(|step| (step.name, step.terminating));
            let expected = delegations.of(&path);
            let expected = expected.into_iter().map(|role| (role.name, role.terminating));
            prop_assert!(found.eq(expected));
        }
    }
}
