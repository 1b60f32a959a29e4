use super::super::*;
use crate::testing::{TestKey, targets};
use crate::{DelegatedRole, Draft, KeyId, RoleKeys, Scope, SuccinctRoles, Targets};

fn keys(keys: &[&TestKey], threshold: u32) -> RoleKeys {
    let keyids = keys.iter().map(|key| key.keyid()).collect();
    RoleKeys { keyids, threshold }
}

fn paths(patterns: &[&str]) -> Scope {
    Scope::Paths(patterns.iter().map(|pattern| (*pattern).into()).collect())
}

fn delegated(name: &str, keys: RoleKeys, scope: Scope) -> DelegatedRole {
    DelegatedRole {
        name: name.parse().unwrap(),
        keys,
        terminating: false,
        scope,
    }
}

fn place(name: &str, index: usize) -> RolePlace {
    RolePlace::Delegated {
        name: name.to_owned(),
        index,
    }
}

fn one() -> TestKey {
    TestKey::p256(1)
}

fn two() -> TestKey {
    TestKey::ed25519(2)
}

/// "app" of two keys with paths, "bin" of one with hash prefixes, "docs" of one with paths.
pub(super) fn listed() -> Draft<Targets> {
    let (one, two) = (one(), two());
    let mut draft = targets(3);
    for key in [&one, &two] {
        draft.add_delegation_key(&key.key());
    }
    let prefixes = ["00", "1"].map(|prefix| prefix.parse().unwrap());
    let prefixes = Scope::HashPrefixes(prefixes.to_vec());
    draft.set_delegations(&[
        delegated("app", keys(&[&one, &two], 2), paths(&["a/*", "b"])),
        delegated("bin", keys(&[&two], 1), prefixes),
        delegated("docs", keys(&[&one], 1), paths(&["docs/*"])),
    ]);
    draft
}

/// Bins of one key.
pub(super) fn succinct(bit_length: u32) -> Draft<Targets> {
    let one = one();
    let mut draft = targets(3);
    draft.add_delegation_key(&one.key());
    let prefix = "bins".parse().unwrap();
    let bins = SuccinctRoles::new(keys(&[&one], 1), bit_length, prefix);
    draft.set_succinct_roles(&bins.unwrap());
    draft
}

fn changes(old: Draft<Targets>, new: Draft<Targets>) -> Vec<Change> {
    diff(Some(&old.finish().unwrap()), &new.finish().unwrap())
}

fn scope_added(role: &RolePlace, pattern: &str) -> Change {
    Change::ScopeAdded {
        role: role.clone(),
        entry: ScopeEntry::Path(pattern.into()),
    }
}

fn quorum(threshold: i64, keys: usize) -> Option<Quorum> {
    Some(Quorum { threshold, keys })
}

#[test]
fn a_new_delegation_is_told_with_its_keys_and_paths() {
    let (one, three) = (one(), TestKey::ed25519(3));
    let mut new = listed();
    new.add_delegation_key(&three.key());
    new.set_delegations(&[delegated("new", keys(&[&one, &three], 1), paths(&["n/*"]))]);
    new.move_delegation(&"new".parse().unwrap(), 1);
    let role = place("new", 1);
    let keyids: Vec<KeyId> = vec![one.keyid(), three.keyid()];
    let key = |keyid: &KeyId| Change::RoleKeyAdded {
        role: role.clone(),
        keyid: keyid.clone(),
    };
    let expected = [
        Change::KeyAdded {
            ring: Keyring::Delegations,
            keyid: three.keyid(),
            key: three.key(),
        },
        Change::DelegationAdded {
            role: role.clone(),
            before: Some("bin".to_owned()),
        },
        key(&keyids[0]),
        key(&keyids[1]),
        Change::Quorum {
            role: role.clone(),
            old: None,
            new: quorum(1, 2),
        },
        scope_added(&role, "n/*"),
        Change::Terminating {
            role,
            old: None,
            new: Some(false),
        },
    ];
    assert_eq!(changes(listed(), new), expected);
}

#[test]
fn a_removed_delegation_is_told_with_what_it_said() {
    let mut new = listed();
    new.remove_delegation(&"bin".parse().unwrap());
    let role = place("bin", 1);
    let removed = changes(listed(), new);
    assert_eq!(
        removed.first(),
        Some(&Change::DelegationRemoved { role: role.clone() })
    );
    for prefix in ["00", "1"] {
        let entry = ScopeEntry::HashPrefix(prefix.parse().unwrap());
        let role = role.clone();
        assert!(removed.contains(&Change::ScopeRemoved { role, entry }));
    }
    let keyid = two().keyid();
    assert!(removed.contains(&Change::RoleKeyRemoved { role, keyid }));
    assert_eq!(removed.len(), 6, "{removed:?}");
}

#[test]
fn what_a_delegation_says_changes_part_by_part() {
    let mut app = delegated("app", keys(&[&two()], 1), paths(&["b", "*"]));
    app.terminating = true;
    let mut new = listed();
    new.set_delegations(&[app]);
    let role = place("app", 0);
    let expected = [
        Change::RoleKeyRemoved {
            role: role.clone(),
            keyid: one().keyid(),
        },
        Change::Quorum {
            role: role.clone(),
            old: quorum(2, 2),
            new: quorum(1, 1),
        },
        scope_added(&role, "*"),
        Change::ScopeRemoved {
            role: role.clone(),
            entry: ScopeEntry::Path("a/*".into()),
        },
        Change::Terminating {
            role,
            old: Some(false),
            new: Some(true),
        },
    ];
    assert_eq!(changes(listed(), new), expected);
}

#[test]
fn another_kind_of_scope_is_told_entry_by_entry() {
    let mut new = listed();
    new.set_delegations(&[delegated("bin", keys(&[&two()], 1), paths(&["x"]))]);
    let role = place("bin", 1);
    let removed = |prefix: &str| Change::ScopeRemoved {
        role: role.clone(),
        entry: ScopeEntry::HashPrefix(prefix.parse().unwrap()),
    };
    let expected = [removed("00"), removed("1"), scope_added(&role, "x")];
    assert_eq!(changes(listed(), new), expected);
}

#[test]
fn another_order_names_those_that_were_moved() {
    let mut new = listed();
    new.move_delegation(&"docs".parse().unwrap(), 0);
    let expected = [Change::DelegationMoved {
        role: place("docs", 0),
        from: 2,
        before: Some("app".to_owned()),
    }];
    assert_eq!(changes(listed(), new), expected);
}

#[test]
fn bins_are_told_by_number_and_name() {
    let bins = |bit_length| {
        Some(Bins {
            bit_length,
            name_prefix: "bins".to_owned(),
        })
    };
    let expected = [Change::Bins {
        old: bins(4),
        new: bins(14),
    }];
    assert_eq!(changes(succinct(4), succinct(14)), expected);

    let to_bins = changes(listed(), succinct(4));
    let added = Change::Bins {
        old: None,
        new: bins(4),
    };
    assert!(to_bins.contains(&added), "{to_bins:?}");
    let keyid = one().keyid();
    let role = RolePlace::Bins;
    assert!(to_bins.contains(&Change::RoleKeyAdded { role, keyid }));
    let removed = to_bins
        .iter()
        .filter(|change| matches!(change, Change::DelegationRemoved { .. }));
    assert_eq!(removed.count(), 3);
}

#[test]
fn unknown_fields_of_keys_and_delegations_are_told() {
    let text = String::from_utf8(listed().finish().unwrap().to_bytes()).unwrap();
    let old = Document::parse(text.as_bytes()).unwrap();
    let text = text
        .replace(r#""name": "app""#, r#""name": "app", "x-note": 1"#)
        .replace(
            r#""keytype": "ed25519""#,
            r#""keytype": "ed25519", "x-owner": "a""#,
        );
    let new = Document::parse(text.as_bytes()).unwrap();
    let changes = diff(Some(&old), &new);
    let said: Vec<String> = changes
        .iter()
        .map(|change| change.path().to_string())
        .collect();
    let owner = format!("signed.delegations.keys.{}[\"x-owner\"]", two().keyid());
    assert_eq!(
        said,
        [owner, r#"signed.delegations.roles[0]["x-note"]"#.to_owned()]
    );
}
