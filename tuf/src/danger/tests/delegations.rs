use super::*;
use crate::testing::targets;
use crate::{DelegatedRole, PathPatternProblem, RoleKeys, Scope, SuccinctRoles, Targets};

fn delegated(name: &str, seed: u8, scope: Scope) -> DelegatedRole {
    DelegatedRole {
        name: name.parse().unwrap(),
        keys: RoleKeys {
            keyids: vec![TestKey::p256(seed).keyid()],
            threshold: 1,
        },
        terminating: false,
        scope,
    }
}

fn paths(patterns: &[&str]) -> Scope {
    Scope::Paths(patterns.iter().map(|pattern| (*pattern).into()).collect())
}

fn prefixes(prefixes: &[&str]) -> Scope {
    Scope::HashPrefixes(
        prefixes
            .iter()
            .map(|prefix| prefix.parse().unwrap())
            .collect(),
    )
}

fn room() -> Room {
    let room = Room::of("lead".parse::<Role>().unwrap());
    let room = room.with(&TestKey::p256(1), "alice");
    room.with(&TestKey::p256(2), "bob")
        .with(&TestKey::p256(3), "carol")
}

/// "app" of key 1 with app/*, "bin" of key 2 with two hash prefixes.
fn old() -> Draft<Targets> {
    let mut draft = targets(1);
    for seed in [1, 2, 3] {
        draft.add_delegation_key(&TestKey::p256(seed).key());
    }
    draft.set_delegations(&[
        delegated("app", 1, paths(&["app/*"])),
        delegated("bin", 2, prefixes(&["0", "1a"])),
    ]);
    draft
}

fn set(role: DelegatedRole) -> Vec<Cause> {
    next(&room(), old(), |draft| draft.set_delegations(&[role]))
}

#[test]
fn paths_are_widened_where_no_former_pattern_covers_them() {
    let app = |patterns: &[&str]| set(delegated("app", 1, paths(patterns)));
    assert_eq!(app(&["app/*", "app/x-*"]), []);
    assert_eq!(app(&["app/?.gz"]), [], "narrower");
    assert_eq!(app(&["app/*", "*/*"]), [Cause::WidenedPath]);
    assert_eq!(app(&["*"]), [Cause::WidenedPath]);
    let bin = |digits: &[&str]| set(delegated("bin", 2, prefixes(digits)));
    assert_eq!(bin(&["0", "1a", "0f"]), []);
    assert_eq!(bin(&["0", "1"]), [Cause::WidenedPath]);
    assert_eq!(
        set(delegated("bin", 2, paths(&["x"]))),
        [Cause::WidenedPath]
    );
}

#[test]
fn a_new_role_must_not_widen_what_a_key_had() {
    assert_eq!(
        set(delegated("more", 3, paths(&["*"]))),
        [],
        "a key that had no paths"
    );
    assert_eq!(set(delegated("more", 1, paths(&["app/x"]))), []);
    let keyid = TestKey::p256(1).keyid();
    let widened = Cause::WidenedKey { keyid };
    assert_eq!(set(delegated("more", 1, paths(&["*"]))), [widened]);
}

#[test]
fn too_many_patterns_to_compare_count_as_widened() {
    let many: Vec<String> = (0..1100).map(|n| format!("app/{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut before = old();
    before.set_delegations(&[delegated(
        "app",
        1,
        paths(&[&["app/*"], &many[..]].concat()),
    )]);
    let more: Vec<String> = (0..1000).map(|n| format!("app/x{n}")).collect();
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let causes = next(&room(), before, |draft| {
        draft.set_delegations(&[delegated("app", 1, paths(&[&many[..], &more[..]].concat()))]);
    });
    let widened = causes.iter().filter(|cause| **cause == Cause::WidenedPath);
    assert!(widened.count() > 0);
}

#[test]
fn order_and_end_of_the_search() {
    let other = "app".to_owned();
    let first = next(&room(), old(), |draft| {
        draft.set_delegations(&[delegated("first", 3, paths(&["x"]))]);
        draft.move_delegation(&"first".parse().unwrap(), 0);
    });
    assert_eq!(first, [Cause::AskedBefore { other }]);
    let moved = next(&room(), old(), |draft| {
        draft.move_delegation(&"bin".parse().unwrap(), 0);
    });
    assert_eq!(moved, [Cause::Moved]);
    let mut app = delegated("app", 1, paths(&["app/*"]));
    app.terminating = true;
    assert_eq!(set(app), [Cause::Terminating]);
}

#[test]
fn a_target_in_the_way_of_a_delegated_role() {
    let adding = |path: &str| {
        next(&room(), old(), |draft| {
            draft.set_target(&path.parse().unwrap(), &crate::Target::of(b"1"));
        })
    };
    let role = "app".to_owned();
    assert_eq!(adding("app/x"), [Cause::Shadows { role }]);
    assert_eq!(adding("other/x"), []);
}

#[test]
fn delegations_that_go_or_cannot_be_meant() {
    let gone = next(&room(), old(), |draft| {
        draft.remove_delegation(&"app".parse().unwrap());
    });
    assert_eq!(gone, [Cause::DroppedDelegation]);
    assert_eq!(
        set(delegated("lead", 3, paths(&["x"]))),
        [Cause::SelfDelegation]
    );
    let bad = set(delegated("new", 3, paths(&["/etc/*"])));
    assert_eq!(bad, [Cause::BadPattern(PathPatternProblem::Absolute)]);
}

#[test]
fn other_bins_are_other_roles() {
    let bins = |bits, prefix: &str| {
        let keys = RoleKeys {
            keyids: vec![TestKey::p256(1).keyid()],
            threshold: 1,
        };
        let mut draft = targets(1);
        draft.add_delegation_key(&TestKey::p256(1).key());
        let bins = SuccinctRoles::new(keys, bits, prefix.parse().unwrap());
        draft.set_succinct_roles(&bins.unwrap());
        draft.finish().unwrap()
    };
    let plain = targets(1).finish().unwrap();
    let next = |old: &Document, new: &Document| {
        let mut new = Draft::<Targets>::edit(new).unwrap();
        new.set_version(2);
        room().causes(Some(old), &new.finish().unwrap())
    };
    assert_eq!(next(&plain, &bins(8, "bin")), []);
    assert_eq!(next(&bins(8, "bin"), &bins(9, "bin")), [Cause::RenamedBins]);
    assert_eq!(
        next(&bins(8, "bin"), &bins(8, "bins")),
        [Cause::RenamedBins]
    );
    assert_eq!(next(&bins(8, "bin"), &plain), [Cause::DroppedDelegation]);
}
