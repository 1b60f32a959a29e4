use privyseal_tuf::{
    DelegatedRole, Draft, Expires, Hashes, KeyId, MetaFile, RoleKeys, Scope, Target,
};
use serde_json::Value;

use super::*;
use crate::repo::testing::{NOW, Signer};

/// Whose the keys are by the numbers that make them. 16 and 17 are alice's too: one was given to
/// her in the settings, the other one only says so.
pub(super) const OWNERS: [(u8, &str); 10] = [
    (1, "alice"),
    (2, "bob"),
    (3, "carol"),
    (4, "release:targets"),
    (5, "online:snapshot"),
    (6, "online:timestamp"),
    (7, "erin"),
    (8, "frank"),
    (9, "grace"),
    (16, "alice"),
];

/// A repository of some age: its last documents, and what is known around it.
pub(super) struct House {
    pub(super) context: DiffContext,
}

pub(super) fn keyid(seed: u8) -> KeyId {
    Signer::new(seed).keyid()
}

pub(super) fn expires(days: i64) -> Expires {
    Expires::from_seconds(NOW + days * DAY).unwrap()
}

pub(super) fn key_json(seed: u8) -> Value {
    serde_json::to_value(Signer::new(seed).key.value()).unwrap()
}

impl House {
    pub(super) fn new() -> Self {
        let owners = OWNERS.map(|(seed, owner)| (keyid(seed), owner.to_owned()));
        let periods = [
            ("root", 365),
            ("targets", 90),
            ("snapshot", 14),
            ("timestamp", 1),
        ];
        let periods = periods.map(|(role, days)| (role.parse().unwrap(), days * DAY));
        Self {
            context: DiffContext {
                owners: owners.into(),
                periods: periods.into(),
                now: NOW,
                most_lines: None,
            },
        }
    }

    /// Of 1, 2 and 3 two must sign; 4 signs targets, 5 the snapshot, 6 the timestamp.
    pub(super) fn root(&self) -> Document {
        let mut draft = Draft::root(4, &expires(300));
        for (role, seeds, threshold) in [
            (RoleType::Root, &[1, 2, 3][..], 2),
            (RoleType::Targets, &[4], 1),
            (RoleType::Snapshot, &[5], 1),
            (RoleType::Timestamp, &[6], 1),
        ] {
            let keys = seeds.iter().map(|seed| Signer::new(*seed).key);
            let keyids: Vec<KeyId> = keys.map(|key| draft.add_key(&key)).collect();
            draft.set_role(role, &keyids, threshold);
        }
        draft.finish().unwrap()
    }

    /// Three targets; app/* is erin's, docs/* frank's and ends there, a hash prefix grace's.
    pub(super) fn targets(&self) -> Document {
        let mut draft = Draft::targets(7, &expires(60));
        for (path, content) in [
            ("LICENSE", "free"),
            ("app-1.0.tar.gz", "one"),
            ("tool.bin", "tool"),
        ] {
            draft.set_target(&path.parse().unwrap(), &Target::of(content.as_bytes()));
        }
        for seed in [7, 8, 9] {
            draft.add_delegation_key(&Signer::new(seed).key);
        }
        let paths = |pattern: &str| Scope::Paths(vec![pattern.into()]);
        let prefixes = Scope::HashPrefixes(vec!["0a".parse().unwrap()]);
        let role = |name: &str, seeds: &[u8], terminating, scope| DelegatedRole {
            name: name.parse().unwrap(),
            keys: RoleKeys {
                keyids: seeds.iter().map(|seed| keyid(*seed)).collect(),
                threshold: u32::try_from(seeds.len()).unwrap(),
            },
            terminating,
            scope,
        };
        draft.set_delegations(&[
            role("app", &[7, 9], false, paths("app/*")),
            role("docs", &[8], true, paths("docs/*")),
            role("bin", &[9], false, prefixes),
        ]);
        draft.finish().unwrap()
    }

    pub(super) fn snapshot(&self) -> Document {
        let mut draft = Draft::snapshot(9, &expires(10), &entry(7, "targets"));
        draft.set_meta("app.json", &entry(3, "app"));
        draft.set_meta("docs.json", &entry(2, "docs"));
        draft.finish().unwrap()
    }

    pub(super) fn timestamp(&self) -> Document {
        let draft = Draft::timestamp(30, &expires(1), &entry(9, "snapshot"));
        draft.finish().unwrap()
    }

    pub(super) fn last(&self, role: RoleType) -> Document {
        match role {
            RoleType::Root => self.root(),
            RoleType::Targets => self.targets(),
            RoleType::Snapshot => self.snapshot(),
            RoleType::Timestamp => self.timestamp(),
        }
    }

    /// The next version of a role's last document, renewed as usual, with `edit` made to its
    /// `signed` by whoever can write the draft.
    pub(super) fn next(&self, role: RoleType, edit: impl FnOnce(&mut Value)) -> Document {
        let last = self.last(role);
        let mut envelope: Value = serde_json::from_slice(&last.to_bytes()).unwrap();
        let signed = &mut envelope["signed"];
        signed["version"] = (signed["version"].as_i64().unwrap() + 1).into();
        let days = match role {
            RoleType::Root => 365,
            RoleType::Targets => 90,
            RoleType::Snapshot => 14,
            RoleType::Timestamp => 1,
        };
        signed["expires"] = expires(days).as_str().into();
        edit(signed);
        Document::parse(envelope.to_string().as_bytes()).unwrap()
    }
}

pub(super) fn entry(version: u64, content: &str) -> MetaFile {
    MetaFile {
        version,
        length: Some(content.len() as u64),
        hashes: Some(Hashes::sha256_of(content.as_bytes())),
    }
}

pub(super) fn target_json(content: &str) -> Value {
    let target = Target::of(content.as_bytes());
    let hashes = serde_json::to_value(target.hashes.to_value()).unwrap();
    serde_json::json!({ "length": target.length, "hashes": hashes })
}
