//! What an attacker would change in a draft, each shown so that a tired signer sees it.

use std::collections::BTreeSet;

use privyseal_tuf::DangerKind::{self, *};
use serde_json::{Value, json};

use super::house::{expires, key_json, keyid, target_json};
use super::*;

/// One change to the next version of a role's document.
struct Tampering {
    name: &'static str,
    role: RoleType,
    kinds: &'static [DangerKind],
    edit: fn(&mut Value),
}

const fn tampering(
    role: RoleType,
    name: &'static str,
    kinds: &'static [DangerKind],
    edit: fn(&mut Value),
) -> Tampering {
    Tampering {
        name,
        role,
        kinds,
        edit,
    }
}

const ROOT: RoleType = RoleType::Root;
const TARGETS: RoleType = RoleType::Targets;
const SNAPSHOT: RoleType = RoleType::Snapshot;
const TIMESTAMP: RoleType = RoleType::Timestamp;

/// Gives a role of a root these keys.
fn set_keys(root: &mut Value, role: &str, seeds: &[u8]) {
    for seed in seeds {
        root["keys"][keyid(*seed).as_str()] = key_json(*seed);
    }
    let keyids = seeds.iter().map(|seed| json!(keyid(*seed).as_str()));
    root["roles"][role]["keyids"] = keyids.collect();
}

/// A key that says whose it is, with its keyid.
fn claiming(seed: u8, owner: &str) -> (String, Value) {
    let mut key = key_json(seed);
    key["x-tuf-on-ci-keyowner"] = owner.into();
    let parsed = privyseal_tuf::json::Value::parse(key.to_string().as_bytes()).unwrap();
    let parsed = privyseal_tuf::Key::parse(&parsed).unwrap();
    (parsed.keyid().to_string(), key)
}

fn replace_first_root_key(root: &mut Value, with: &str, key: Value) {
    let keys = root["keys"].as_object_mut().unwrap();
    keys.remove(keyid(1).as_str());
    keys.insert(with.to_owned(), key);
    root["roles"]["root"]["keyids"] = json!([with, keyid(2).as_str(), keyid(3).as_str()]);
}

fn delegation(name: &str, seed: u8, paths: &[&str]) -> Value {
    json!({
        "name": name, "keyids": [keyid(seed).as_str()], "threshold": 1, "terminating": false,
        "paths": paths,
    })
}

fn delegations(targets: &mut Value) -> &mut Vec<Value> {
    targets["delegations"]["roles"].as_array_mut().unwrap()
}

const ROOTS: [Tampering; 21] = [
    tampering(ROOT, "lowered-threshold", &[Threshold], |root| {
        root["roles"]["root"]["threshold"] = 1.into();
    }),
    tampering(ROOT, "unreachable-threshold", &[Threshold], |root| {
        root["roles"]["root"]["threshold"] = 4.into();
    }),
    tampering(ROOT, "swapped-key", &[SwappedKey], |root| {
        set_keys(root, "root", &[16, 2, 3]);
        root["keys"]
            .as_object_mut()
            .unwrap()
            .remove(keyid(1).as_str());
    }),
    tampering(ROOT, "second-key-of-one-owner", &[Concentration], |root| {
        set_keys(root, "root", &[1, 2, 3, 16]);
    }),
    tampering(ROOT, "key-of-nobody", &[UnknownKey], |root| {
        set_keys(root, "root", &[1, 2, 3, 66]);
    }),
    tampering(
        ROOT,
        "swapped-key-by-its-own-word",
        &[SwappedKey, UnknownKey],
        |root| {
            let (keyid, key) = claiming(66, "alice");
            replace_first_root_key(root, &keyid, key);
        },
    ),
    tampering(
        ROOT,
        "invisible-owner",
        &[UnknownKey, HiddenCharacters, LookAlike],
        |root| {
            let (keyid, key) = claiming(66, "alice\u{200b}");
            replace_first_root_key(root, &keyid, key);
        },
    ),
    tampering(ROOT, "all-keys-at-once", &[Concentration], |root| {
        set_keys(root, "root", &[7, 8, 9]);
    }),
    tampering(ROOT, "new-keys-alone", &[Concentration], |root| {
        set_keys(root, "root", &[1, 2, 3, 7, 8]);
    }),
    tampering(
        ROOT,
        "other-key-under-the-keyid",
        &[SwappedKey, BadKey],
        |root| {
            root["keys"][keyid(1).as_str()] = key_json(66);
        },
    ),
    tampering(ROOT, "one-key-twice", &[BadKey, UnknownKey], |root| {
        root["keys"]["ab"] = key_json(2);
        set_keys(root, "root", &[1, 2, 3]);
        let keyids = root["roles"]["root"]["keyids"].as_array_mut().unwrap();
        keyids.push("ab".into());
    }),
    tampering(ROOT, "unusable-key", &[SwappedKey, BadKey], |root| {
        root["keys"][keyid(3).as_str()]["scheme"] = "none".into();
    }),
    tampering(ROOT, "online-key", &[OnlineKey], |root| {
        set_keys(root, "timestamp", &[9]);
    }),
    tampering(ROOT, "online-key-for-root", &[OnlineKey], |root| {
        set_keys(root, "root", &[1, 2, 3, 6]);
    }),
    tampering(ROOT, "skipped-root", &[SkippedVersion], |root| {
        root["version"] = 6.into();
    }),
    tampering(ROOT, "old-root", &[Rollback], |root| {
        root["version"] = 3.into();
    }),
    tampering(ROOT, "expiry-far-out", &[Expiry], |root| {
        root["expires"] = expires(3650).as_str().into();
    }),
    tampering(ROOT, "no-consistent-snapshots", &[Setting], |root| {
        root["consistent_snapshot"] = false.into();
    }),
    tampering(ROOT, "older-specification", &[Setting], |root| {
        root["spec_version"] = "1.0.1".into();
    }),
    tampering(ROOT, "field-that-looks-like-one", &[LookAlike], |root| {
        root["roles"]["root"]["thr\u{435}shold"] = 3.into();
    }),
    tampering(ROOT, "invisible-note", &[HiddenCharacters], |root| {
        root["x-note"] = "reviewed by all\u{1b}[2K\u{1b}[1A".into();
    }),
];

const FILES: [Tampering; 12] = [
    tampering(TARGETS, "replaced-target", &[ReplacedTarget], |targets| {
        targets["targets"]["app-1.0.tar.gz"] = target_json("evil");
    }),
    tampering(TARGETS, "shorter-target", &[ReplacedTarget], |targets| {
        targets["targets"]["LICENSE"]["length"] = 1.into();
    }),
    tampering(TARGETS, "removed-target", &[RemovedTarget], |targets| {
        targets["targets"]
            .as_object_mut()
            .unwrap()
            .remove("LICENSE");
    }),
    tampering(TARGETS, "cyrillic-target", &[LookAlike], |targets| {
        targets["targets"]["\u{430}pp-1.0.tar.gz"] = target_json("evil");
    }),
    tampering(TARGETS, "one-for-l", &[LookAlike], |targets| {
        targets["targets"]["app-l.0.tar.gz"] = target_json("evil");
    }),
    tampering(TARGETS, "upper-case", &[LookAlike], |targets| {
        targets["targets"]["TOOL.bin"] = target_json("evil");
    }),
    tampering(
        TARGETS,
        "bidirectional-target",
        &[HiddenCharacters],
        |targets| {
            targets["targets"]["photo\u{202e}gpj.exe"] = target_json("evil");
        },
    ),
    tampering(
        TARGETS,
        "zero-width-target",
        &[HiddenCharacters, LookAlike],
        |targets| {
            targets["targets"]["tool\u{200b}.bin"] = target_json("evil");
        },
    ),
    tampering(
        TARGETS,
        "terminal-escape-target",
        &[HiddenCharacters, Invalid],
        |targets| {
            targets["targets"]["a\u{1b}[2J\u{1b}[Hno change\n"] = target_json("evil");
        },
    ),
    tampering(
        TARGETS,
        "hash-of-no-use",
        &[ReplacedTarget, WeakHash],
        |targets| {
            targets["targets"]["tool.bin"]["hashes"] =
                json!({ "md5": "00112233445566778899aabbccddeeff" });
        },
    ),
    tampering(
        TARGETS,
        "target-over-a-delegation",
        &[Priority],
        |targets| {
            targets["targets"]["app/update.bin"] = target_json("evil");
        },
    ),
    tampering(TARGETS, "burnt-version", &[SkippedVersion], |targets| {
        targets["version"] = 9_007_199_254_740_991_i64.into();
    }),
];

const DELEGATIONS: [Tampering; 14] = [
    tampering(TARGETS, "widened-path", &[WidenedPath], |targets| {
        delegations(targets)[0]["paths"] = json!(["app/*", "*"]);
    }),
    tampering(TARGETS, "widened-hash-prefix", &[WidenedPath], |targets| {
        delegations(targets)[2]["path_hash_prefixes"] = json!(["0"]);
    }),
    tampering(
        TARGETS,
        "widened-by-another-role",
        &[WidenedPath],
        |targets| {
            delegations(targets).push(delegation("helper", 8, &["*.tar.gz"]));
        },
    ),
    tampering(
        TARGETS,
        "dropped-delegation",
        &[DroppedDelegation],
        |targets| {
            delegations(targets).remove(1);
        },
    ),
    tampering(TARGETS, "asked-first", &[Priority], |targets| {
        targets["delegations"]["keys"][keyid(1).as_str()] = key_json(1);
        delegations(targets).insert(0, delegation("new", 1, &["app/*"]));
    }),
    tampering(TARGETS, "other-order", &[Priority], |targets| {
        let last = delegations(targets).remove(2);
        delegations(targets).insert(0, last);
    }),
    tampering(TARGETS, "no-longer-terminating", &[Priority], |targets| {
        delegations(targets)[1]["terminating"] = false.into();
    }),
    tampering(TARGETS, "delegated-threshold", &[Threshold], |targets| {
        delegations(targets)[0]["threshold"] = 1.into();
    }),
    tampering(
        TARGETS,
        "delegated-key-of-nobody",
        &[UnknownKey],
        |targets| {
            targets["delegations"]["keys"][keyid(66).as_str()] = key_json(66);
            delegations(targets)[1]["keyids"] = json!([keyid(66).as_str()]);
        },
    ),
    tampering(TARGETS, "role-like-a-top-role", &[LookAlike], |targets| {
        targets["delegations"]["keys"][keyid(1).as_str()] = key_json(1);
        delegations(targets).push(delegation("sn\u{430}pshot", 1, &["x/*"]));
    }),
    tampering(TARGETS, "role-with-lines", &[HiddenCharacters], |targets| {
        targets["delegations"]["keys"][keyid(1).as_str()] = key_json(1);
        delegations(targets).push(delegation("x\n\n   no change", 1, &["x/*"]));
    }),
    tampering(
        TARGETS,
        "pattern-like-another",
        &[LookAlike, WidenedPath],
        |targets| {
            delegations(targets)[0]["paths"] = json!(["app/*", "\u{430}pp/*"]);
        },
    ),
    tampering(
        TARGETS,
        "pattern-of-nothing",
        &[BadDelegation, WidenedPath],
        |targets| {
            delegations(targets)[0]["paths"] = json!(["/app/*"]);
        },
    ),
    tampering(TARGETS, "bins-for-all", &[DroppedDelegation], |targets| {
        let delegations = targets["delegations"].as_object_mut().unwrap();
        delegations.remove("roles");
        delegations.insert("succinct_roles".to_owned(), json!({
            "keyids": [keyid(9).as_str()], "threshold": 1, "bit_length": 8, "name_prefix": "bin",
        }));
    }),
];

const ENTRIES: [Tampering; 7] = [
    tampering(SNAPSHOT, "dropped-entry", &[Rollback], |snapshot| {
        snapshot["meta"]
            .as_object_mut()
            .unwrap()
            .remove("docs.json");
    }),
    tampering(SNAPSHOT, "older-entry", &[Rollback], |snapshot| {
        snapshot["meta"]["app.json"]["version"] = 2.into();
    }),
    tampering(
        SNAPSHOT,
        "other-content-of-an-entry",
        &[Rollback],
        |snapshot| {
            snapshot["meta"]["app.json"]["hashes"]["sha256"] = "00".repeat(32).into();
        },
    ),
    tampering(SNAPSHOT, "entry-without-hash", &[WeakHash], |snapshot| {
        snapshot["meta"]["app.json"] = json!({ "version": 4 });
    }),
    tampering(SNAPSHOT, "expired-snapshot", &[Expiry], |snapshot| {
        snapshot["expires"] = expires(-1).as_str().into();
    }),
    tampering(TIMESTAMP, "older-snapshot", &[Rollback], |timestamp| {
        timestamp["meta"]["snapshot.json"]["version"] = 8.into();
    }),
    tampering(TIMESTAMP, "timestamp-for-years", &[Expiry], |timestamp| {
        timestamp["expires"] = expires(1000).as_str().into();
    }),
];

fn tamperings() -> impl Iterator<Item = &'static Tampering> {
    ROOTS
        .iter()
        .chain(&FILES)
        .chain(&DELEGATIONS)
        .chain(&ENTRIES)
}

#[test]
fn each_tampering_is_marked_and_shown_as_it_was_written_down() {
    let house = House::new();
    let mut wrong = Vec::new();
    for tampering in tamperings() {
        let role = Role::from(tampering.role);
        let (old, new) = (
            house.last(tampering.role),
            house.next(tampering.role, tampering.edit),
        );
        let comparison = Comparison::of(&house.context, &role, Some(&old), &new);
        let found: BTreeSet<DangerKind> = comparison.dangers().into_keys().collect();
        let expected: BTreeSet<DangerKind> = tampering.kinds.iter().copied().collect();
        if found != expected {
            wrong.push((tampering.name, found, expected));
            continue;
        }
        assert_golden(tampering.name, &shown(&comparison));
    }
    assert!(wrong.is_empty(), "name, found, expected: {wrong:#?}");
}

#[test]
fn each_kind_of_danger_has_its_tampering() {
    let seen: BTreeSet<DangerKind> = tamperings().flat_map(|t| t.kinds).copied().collect();
    let missing: Vec<_> = DangerKind::ALL
        .iter()
        .filter(|kind| !seen.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let names: BTreeSet<&str> = tamperings().map(|tampering| tampering.name).collect();
    assert_eq!(
        names.len(),
        tamperings().count(),
        "each has a golden file of its own"
    );
}
