//! Delegations in targets metadata, for raw requests.

use privyseal_tuf::{
    DelegatedRole, Document, Draft, PathPattern, RoleKeys, Scope, SuccinctRoles, Targets,
};

use crate::metadata::{self, RoleOf};

/// A delegation to a role, with these keys, for these paths.
#[derive(Debug, Clone)]
pub struct To<'a> {
    name: &'a str,
    keys: &'a RoleOf,
    scope: Scope,
}

/// A delegation of paths that match a pattern.
#[must_use]
pub fn to<'a>(name: &'a str, keys: &'a RoleOf, patterns: &[&str]) -> To<'a> {
    let patterns = patterns.iter().map(|text| PathPattern::from(*text));
    To {
        name,
        keys,
        scope: Scope::Paths(patterns.collect()),
    }
}

/// A delegation of paths whose SHA-256 begins with a prefix.
#[must_use]
pub fn to_hashes<'a>(name: &'a str, keys: &'a RoleOf, prefixes: &[&str]) -> To<'a> {
    let prefixes = prefixes.iter().map(|text| text.parse().unwrap());
    To {
        name,
        keys,
        scope: Scope::HashPrefixes(prefixes.collect()),
    }
}

/// The targets metadata with these delegations besides those that it has, without signatures.
#[must_use]
pub fn delegating(document: &[u8], all: &[To<'_>]) -> Vec<u8> {
    edited(document, |draft| {
        let roles = all.iter().map(|delegation| DelegatedRole {
            name: delegation.name.parse().unwrap(),
            keys: role_keys(draft, delegation.keys),
            terminating: false,
            scope: delegation.scope.clone(),
        });
        let roles: Vec<_> = roles.collect();
        draft.set_delegations(&roles);
    })
}

/// The targets metadata with 2^`bits` succinct bins (TAP 15), without signatures.
#[must_use]
pub fn into_bins(document: &[u8], keys: &RoleOf, bits: u32, prefix: &str) -> Vec<u8> {
    edited(document, |draft| {
        let keys = role_keys(draft, keys);
        let bins = SuccinctRoles::new(keys, bits, prefix.parse().unwrap()).unwrap();
        draft.set_succinct_roles(&bins);
    })
}

fn edited(document: &[u8], edit: impl FnOnce(&mut Draft<Targets>)) -> Vec<u8> {
    let document = Document::parse(document).unwrap();
    let mut draft = Draft::<Targets>::edit(&document).unwrap();
    edit(&mut draft);
    draft.finish().unwrap().to_bytes()
}

fn role_keys(draft: &mut Draft<Targets>, of: &RoleOf) -> RoleKeys {
    let keyids = of.keys.iter();
    let keyids = keyids.map(|key| draft.add_delegation_key(&metadata::tuf_key(key)));
    RoleKeys {
        keyids: keyids.collect(),
        threshold: of.threshold,
    }
}
