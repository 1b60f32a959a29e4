use privyseal_tuf::{Draft, Expires, PublicKey, RoleKeys, Targets};

use super::*;

fn name(text: &str) -> RoleName {
    text.parse().unwrap()
}

fn key(seed: u8) -> Key {
    Key::from_public(&PublicKey::ed25519(&[seed; 32]))
}

/// Delegations to a name, with a key, for patterns.
type To<'a> = (&'a str, u8, &'a [&'a str]);

fn delegations(all: &[To<'_>]) -> Arc<KnownDelegations> {
    let expires = Expires::from_seconds(2_000_000_000).unwrap();
    let mut draft = Draft::<Targets>::targets(1, &expires);
    for (to, seed, patterns) in all {
        let keyids = vec![draft.add_delegation_key(&key(*seed))];
        let patterns = patterns.iter().map(|text| PathPattern::from(*text));
        let role = DelegatedRole {
            name: name(to),
            keys: RoleKeys {
                keyids,
                threshold: 1,
            },
            terminating: false,
            scope: Scope::Paths(patterns.collect()),
        };
        draft.set_delegations(&[role]);
    }
    let targets = draft.finish().unwrap().targets().unwrap();
    Arc::new(KnownDelegations::of(&targets))
}

fn delegated(all: &[(&str, &[To<'_>])]) -> Delegated {
    let mut delegated = Delegated::default();
    for (from, to) in all {
        delegated.index(&from.parse().unwrap(), Some(&delegations(to)));
    }
    delegated
}

fn covers(ancestry: &Ancestry, role: &str, seed: u8, path: &str) -> bool {
    let (role, key) = (name(role), key(seed));
    let by = |edge: &Edge| edge.keys().any(|(_, listed)| *listed == key);
    ancestry.coverage(&role, by).covers(&path.parse().unwrap())
}

#[test]
fn a_path_is_covered_all_the_way_down() {
    let delegated = delegated(&[
        ("targets", &[("a", 1, &["a/*", "x"]), ("b", 2, &["b/*"])]),
        ("a", &[("deep", 3, &["a/1", "b/1", "[xy]"])]),
        ("b", &[("deep", 4, &["b/?", "a/2"])]),
    ]);
    let deep = Ancestry::of(&delegated, &name("deep"));
    let by = |seed| {
        let all = ["a/1", "a/2", "b/1", "b/2", "x", "y"];
        all.map(|path| covers(&deep, "deep", seed, path))
    };
    // By the key that `a` gives it: what both `a` and its delegator cover.
    assert_eq!(by(3), [true, false, false, false, true, false]);
    assert_eq!(by(4), [false, false, true, true, false, false]);
    assert_eq!(by(5), [false; 6]);
    let a = Ancestry::of(&delegated, &name("a"));
    assert!(covers(&a, "a", 1, "a/9") && !covers(&a, "a", 1, "b/1"));
}

#[test]
fn only_what_begins_at_the_top_level_targets_counts() {
    let delegated = delegated(&[
        ("gone", &[("lost", 1, &["*"]), ("both", 1, &["*"])]),
        ("targets", &[("both", 2, &["*"])]),
    ]);
    let connected = |to: &str| {
        let to = name(to);
        let ancestry = Ancestry::of(&delegated, &to);
        let edges = ancestry.to(&to).map(|edge| edge.connected);
        edges.collect::<Vec<_>>()
    };
    assert_eq!(connected("lost"), [false]);
    assert_eq!(connected("both"), [false, true]);
    assert!(connected("other").is_empty());
    let both = Ancestry::of(&delegated, &name("both"));
    assert!(covers(&both, "both", 2, "x") && !covers(&both, "both", 1, "x"));
}

#[test]
fn circles_end() {
    let delegated = delegated(&[
        ("a", &[("b", 1, &["*"]), ("a", 1, &["*"])]),
        ("b", &[("c", 1, &["*"])]),
        ("c", &[("a", 1, &["*"])]),
    ]);
    let c = Ancestry::of(&delegated, &name("c"));
    let above: HashSet<&str> = c.above().map(RoleName::as_str).collect();
    assert_eq!(above, HashSet::from(["a", "b", "c"]));
    assert!(!covers(&c, "c", 1, "x"));

    let mut delegated = delegated;
    delegated.index(&Role::TARGETS, Some(&delegations(&[("a", 1, &["x"])])));
    let c = Ancestry::of(&delegated, &name("c"));
    assert!(covers(&c, "c", 1, "x") && !covers(&c, "c", 1, "y"));
}

#[test]
fn a_deep_chain_is_connected_from_end_to_end() {
    let names: Vec<String> = (0..200).map(|at| format!("r{at}")).collect();
    let mut delegated = Delegated::default();
    let mut from = Role::TARGETS;
    for to in &names {
        delegated.index(&from, Some(&delegations(&[(to, 1, &["x"])])));
        from = to.parse().unwrap();
    }
    let last = Ancestry::of(&delegated, &name("r199"));
    assert!(covers(&last, "r199", 1, "x") && !covers(&last, "r199", 1, "y"));
}

#[test]
fn too_many_delegations_are_not_looked_at() {
    let mut delegated = Delegated::default();
    let to = delegations(&[("common", 1, &["x"])]);
    for at in 0..=MAX_EDGES {
        let from = format!("r{at}").parse().unwrap();
        delegated.index(&from, Some(&to));
    }
    assert!(Ancestry::of(&delegated, &name("common")).is_cut());
    delegated.index(&"r0".parse().unwrap(), None);
    assert!(!Ancestry::of(&delegated, &name("common")).is_cut());
}

#[test]
fn plain_paths_are_found_among_patterns() {
    let scope = Scope::Paths(["a/b", "c[", "d*"].map(PathPattern::from).to_vec());
    let prepared = PreparedScope::of(&scope);
    for (path, covered) in [("a/b", true), ("c[", true), ("dd", true), ("a", false)] {
        assert_eq!(prepared.covers(&path.parse().unwrap()), covered, "{path}");
        assert_eq!(scope.covers(&path.parse().unwrap()), covered, "{path}");
    }
}
