//! Ordinary work, without a mark.

use serde_json::{Value, json};

use super::house::{entry, key_json, keyid, target_json};
use super::*;

fn assert_honest(name: &str, role: RoleType, old: Option<&Document>, new: &Document) {
    let house = House::new();
    let role = Role::from(role);
    let comparison = Comparison::of(&house.context, &role, old, new);
    assert_golden(name, &shown(&comparison));
    assert_eq!(comparison.dangers(), DangerCounts::new(), "{name}");
}

fn assert_honest_next(name: &str, role: RoleType, edit: fn(&mut Value)) {
    let house = House::new();
    assert_honest(name, role, Some(&house.last(role)), &house.next(role, edit));
}

#[test]
fn first_documents_are_no_danger() {
    let house = House::new();
    let first = |role| {
        let mut envelope: Value = serde_json::from_slice(&house.last(role).to_bytes()).unwrap();
        envelope["signed"]["version"] = 1.into();
        Document::parse(envelope.to_string().as_bytes()).unwrap()
    };
    for (name, role) in [
        ("first-root", RoleType::Root),
        ("first-targets", RoleType::Targets),
        ("first-snapshot", RoleType::Snapshot),
        ("first-timestamp", RoleType::Timestamp),
    ] {
        assert_honest(name, role, None, &first(role));
    }
}

#[test]
fn renewals_are_no_danger() {
    for role in RoleType::ALL {
        assert_honest_next(&format!("renewed-{role}"), role, |_| {});
    }
}

#[test]
fn new_targets_are_no_danger_whatever_language_they_are_in() {
    assert_honest_next("new-targets", RoleType::Targets, |targets| {
        for path in [
            "app-1.1.tar.gz",
            "a name (with spaces) -> and more",
            "naïve/日本語/документ-2.txt",
        ] {
            targets["targets"][path] = target_json(path);
        }
        targets["targets"]["app-1.1.tar.gz"]["custom"] = json!({ "notes": "Überall läuft’s\n" });
    });
}

#[test]
fn a_signer_for_another_is_no_danger() {
    assert_honest_next("a-signer-for-another", RoleType::Root, |root| {
        let keys = root["keys"].as_object_mut().unwrap();
        keys.remove(keyid(3).as_str());
        keys.insert(keyid(7).to_string(), key_json(7));
        root["roles"]["root"]["keyids"] = json!([1, 2, 7].map(|seed| keyid(seed).to_string()));
    });
}

#[test]
fn a_new_delegation_is_no_danger() {
    assert_honest_next("new-delegations", RoleType::Targets, |targets| {
        targets["delegations"]["keys"][keyid(1).as_str()] = key_json(1);
        let prefixes = ["00", "01", "02"];
        let roles = targets["delegations"]["roles"].as_array_mut().unwrap();
        roles.push(json!({
            "name": "more", "keyids": [keyid(1).as_str()], "threshold": 1, "terminating": true,
            "path_hash_prefixes": prefixes,
        }));
    });
}

#[test]
fn a_release_is_no_danger_for_snapshot_and_timestamp() {
    fn meta(version: u64, content: &str) -> Value {
        let entry = entry(version, content);
        let hashes = serde_json::to_value(entry.hashes.unwrap().to_value()).unwrap();
        json!({ "version": entry.version, "length": entry.length, "hashes": hashes })
    }
    assert_honest_next("released-snapshot", RoleType::Snapshot, |snapshot| {
        snapshot["meta"]["targets.json"] = meta(8, "new");
        snapshot["meta"]["more.json"] = json!({ "version": 1 });
    });
    assert_honest_next("released-timestamp", RoleType::Timestamp, |timestamp| {
        timestamp["meta"]["snapshot.json"] = meta(10, "new");
    });
}
