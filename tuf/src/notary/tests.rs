//! Against documents that a real notary-server 0.7 made and a real notary-signer signed, with ECDSA
//! and with Ed25519.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::json::{self, JsonPath, Object, Value, tests::any_value};
use crate::{PublicKey, RoleType, Sha256Digest, Signature, canonical};

mod certificates;
mod documents;

struct Golden {
    root: &'static [u8],
    snapshot: &'static [u8],
    timestamp: &'static [u8],
}

const ECDSA: Golden = Golden {
    root: include_bytes!("testdata/ecdsa-root.json"),
    snapshot: include_bytes!("testdata/ecdsa-snapshot.json"),
    timestamp: include_bytes!("testdata/ecdsa-timestamp.json"),
};

const ED25519: Golden = Golden {
    root: include_bytes!("testdata/ed25519-root.json"),
    snapshot: include_bytes!("testdata/ed25519-snapshot.json"),
    timestamp: include_bytes!("testdata/ed25519-timestamp.json"),
};

/// `signed` as it stands in a file, which notary-server writes in canonical form.
fn signed(file: &[u8]) -> &[u8] {
    let text = std::str::from_utf8(file).unwrap();
    let text = text.strip_prefix("{\"signed\":").unwrap();
    text.split_once(",\"signatures\":").unwrap().0.as_bytes()
}

fn member<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    let step = |value: &'a Value, name: &&str| value.as_object()?.get(name);
    path.iter()
        .try_fold(value, step)
        .unwrap_or_else(|| panic!("{path:?}"))
}

fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

impl Golden {
    /// The key of a role, by what the root says of it.
    fn key(&self, role: &str) -> (String, PublicKey, Value) {
        let root = Value::parse(self.root).unwrap();
        let ids = member(&root, &["signed", "roles", role, "keyids"]);
        let id = ids.as_array().unwrap()[0].as_str().unwrap();
        let key = member(&root, &["signed", "keys", id]);
        let bytes = decoded(member(key, &["keyval", "public"]));
        let public = match member(key, &["keytype"]).as_str().unwrap() {
            "ecdsa" => PublicKey::from_spki_der(&bytes).unwrap(),
            "ed25519" => PublicKey::ed25519(bytes.as_slice().try_into().unwrap()),
            other => panic!("{other}"),
        };
        (id.to_owned(), public, key.clone())
    }
}

#[test]
fn key_ids_are_those_of_the_root() {
    for golden in [ECDSA, ED25519] {
        for role in ["snapshot", "timestamp"] {
            let (id, public, value) = golden.key(role);
            let key = Key::from_public(&public);
            assert_eq!(key.id().as_str(), id);
            assert_eq!(key.value(), value);
            assert_eq!(key.public(), decoded(member(&value, &["keyval", "public"])));
        }
    }
}

#[test]
fn signatures_cover_what_is_read() {
    for golden in [ECDSA, ED25519] {
        for (role, file) in [
            ("snapshot", golden.snapshot),
            ("timestamp", golden.timestamp),
        ] {
            let content = signed(file);
            assert_eq!(Signed::parse(content).unwrap().role().as_str(), role);
            let document = Value::parse(file).unwrap();
            let entry = &member(&document, &["signatures"]).as_array().unwrap()[0];
            let (id, public, _) = golden.key(role);
            assert_eq!(member(entry, &["keyid"]).as_str(), Some(&*id));
            let raw = decoded(member(entry, &["sig"]));
            let signature = Signature::from_raw(public.algorithm(), &raw).unwrap();
            public.verify(content, &signature).unwrap();
        }
    }
}

#[test]
fn views_have_every_field() {
    let Signed::Snapshot(snapshot) = Signed::parse(signed(ECDSA.snapshot)).unwrap() else {
        panic!("a snapshot");
    };
    assert_eq!(snapshot.version, 5);
    assert_eq!(
        snapshot.expires.to_string(),
        "2029-11-21T09:02:05.869786705Z"
    );
    assert_eq!(snapshot.root.length, ECDSA.root.len() as u64);
    assert_eq!(snapshot.root.sha256, Sha256Digest::of(ECDSA.root));
    let delegated: Vec<_> = snapshot
        .delegations
        .keys()
        .map(Delegation::as_str)
        .collect();
    assert_eq!(delegated, ["targets/releases"]);
    let Signed::Timestamp(timestamp) = Signed::parse(signed(ECDSA.timestamp)).unwrap() else {
        panic!("a timestamp");
    };
    assert_eq!(timestamp.version, 4);
    assert_eq!(timestamp.snapshot.length, ECDSA.snapshot.len() as u64);
    assert_eq!(timestamp.snapshot.sha256, Sha256Digest::of(ECDSA.snapshot));
    assert!(timestamp.snapshot.sha512.is_some());
}

/// What is wrong with the golden snapshot once it was changed.
fn changed(change: impl FnOnce(&mut Object)) -> SignedError {
    let Value::Object(mut object) = Value::parse(signed(ECDSA.snapshot)).unwrap() else {
        panic!("an object");
    };
    change(&mut object);
    Signed::parse(&canonical::encode(&Value::Object(object))).unwrap_err()
}

/// As [`changed`], of an entry.
fn changed_entry(change: impl FnOnce(&mut Object)) -> (String, Problem) {
    problem(changed(|signed| {
        json::edit(signed, "meta", |meta| json::edit(meta, "root", change));
    }))
}

fn problem(error: SignedError) -> (String, Problem) {
    match error {
        SignedError::Field { path, problem } => (path.to_string(), problem),
        other => panic!("{other}"),
    }
}

#[test]
fn refuses_fields_that_are_wrong_missing_or_unknown() {
    let text = |text: &str| Value::from(text);
    let at = |path: &str, problem| (path.to_owned(), problem);
    for (name, value, expected) in [
        ("version", Value::Integer(0), Problem::Version(0)),
        ("version", Value::Integer(-1), Problem::Version(-1)),
        (
            "version",
            text("1"),
            Problem::Kind {
                expected: "an integer",
                found: "a string",
            },
        ),
        (
            "expires",
            text("2030-01-01T00:00:00.10Z"),
            NotAnExpiry("2030-01-01T00:00:00.10Z".to_owned()).into(),
        ),
        ("spec_version", text("1.0"), Problem::Unknown),
    ] {
        let found = problem(changed(|signed| drop(signed.insert(name, value))));
        assert_eq!(found, at(name, expected));
    }
    for name in ["_type", "expires", "meta", "version"] {
        let found = problem(changed(|signed| drop(signed.remove(name))));
        assert_eq!(found, at(name, Problem::Missing));
    }
    for name in ["root", "targets"] {
        let found = problem(changed(|signed| {
            json::edit(signed, "meta", |meta| drop(meta.remove(name)));
        }));
        assert_eq!(found, at(&format!("meta.{name}"), Problem::Missing));
    }
    let role = changed(|signed| {
        json::edit(signed, "meta", |meta| {
            drop(meta.insert("targets/A", Value::Object(Object::new())));
        });
    });
    let error = NotADelegation("targets/A".to_owned());
    assert_eq!(problem(role), at("meta[\"targets/A\"]", error.into()));
}

#[test]
fn refuses_entries_that_are_wrong_missing_or_unknown() {
    let at = |path: &str, problem| (format!("meta.root.{path}"), problem);
    for name in ["length", "hashes"] {
        let found = changed_entry(|entry| drop(entry.remove(name)));
        assert_eq!(found, at(name, Problem::Missing));
    }
    for name in ["custom", "version"] {
        let found = changed_entry(|entry| drop(entry.insert(name, Value::Integer(1))));
        assert_eq!(found, at(name, Problem::Unknown));
    }
    let length = changed_entry(|entry| drop(entry.insert("length", Value::Integer(-1))));
    assert_eq!(length, at("length", Problem::Length(-1)));
    let hash = |name: &'static str, value: Option<&str>| {
        changed_entry(|entry| {
            json::edit(entry, "hashes", |hashes| {
                json::set(hashes, name, value.map(Value::from));
            });
        })
    };
    assert_eq!(hash("sha256", None), at("hashes.sha256", Problem::Missing));
    assert_eq!(hash("md5", Some("")), at("hashes.md5", Problem::Unknown));
    let hex = "ab".repeat(32);
    let unpadded = STANDARD.encode([7; 32]).replace('=', "");
    for text in ["", "AAAA", &hex, &unpadded] {
        let found = hash("sha256", Some(text));
        assert_eq!(found, at("hashes.sha256", Problem::Digest(32)), "{text}");
    }
    let short = STANDARD.encode([7; 32]);
    let found = hash("sha512", Some(&short));
    assert_eq!(found, at("hashes.sha512", Problem::Digest(64)));
}

#[test]
fn a_timestamp_names_its_snapshot_and_nothing_else() {
    let text = String::from_utf8(signed(ECDSA.timestamp).to_vec()).unwrap();
    let other = text.replace("{\"snapshot\":", "{\"root\":{},\"snapshot\":");
    let path = JsonPath::default().key("meta").key("root");
    let expected = SignedError::Field {
        path,
        problem: Problem::Unknown,
    };
    assert_eq!(Signed::parse(other.as_bytes()), Err(expected));
}

#[test]
fn refuses_other_types_and_other_bytes() {
    let type_of = |name: &str| changed(|signed| drop(signed.insert("_type", Value::from(name))));
    for name in ["Root", "Targets", "snapshot", ""] {
        assert_eq!(type_of(name), SignedError::Type(name.to_owned()));
    }
    let text = std::str::from_utf8(signed(ECDSA.timestamp)).unwrap();
    let refused = |text: &str| Signed::parse(text.as_bytes()).unwrap_err();
    assert_eq!(refused("[]"), SignedError::NotAnObject("an array"));
    assert_eq!(
        refused(&text.replacen("{\"_type\"", "{ \"_type\"", 1)),
        SignedError::NotCanonical(1)
    );
    let escaped = text.replacen("Timestamp", "\\u0054imestamp", 1);
    assert_eq!(refused(&escaped), SignedError::NotCanonical(10));
    let line = format!("{text}\n");
    assert_eq!(refused(&line), SignedError::NotCanonical(text.len()));
    assert!(matches!(refused(&text.repeat(2)), SignedError::Json(_)));
    assert!(matches!(refused(&text[1..]), SignedError::Json(_)));
    // A digest instead of the content.
    let digest = Sha256Digest::of(text.as_bytes());
    assert!(matches!(
        Signed::parse(digest.as_bytes()),
        Err(SignedError::Json(_))
    ));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Signed::parse(&bytes).is_err());
    }

    #[test]
    fn what_is_read_is_canonical_whatever_stands_in_a_field(
        value in any_value(),
        name in prop::sample::select(vec!["_type", "expires", "meta", "version", "x"]),
    ) {
        let Value::Object(mut object) = Value::parse(signed(ECDSA.snapshot)).unwrap() else {
            panic!("an object");
        };
        object.insert(name, value);
        let content = canonical::encode(&Value::Object(object));
        if let Ok(signed) = Signed::parse(&content) {
            prop_assert_eq!(signed.role(), RoleType::Snapshot);
            prop_assert_eq!(canonical::encode(&Value::parse(&content).unwrap()), content);
        }
    }

    #[test]
    fn one_changed_byte_is_refused_or_another_document(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let before = signed(ED25519.timestamp);
        let mut content = before.to_vec();
        *at.get_mut(&mut content) = byte;
        if content != before && let Ok(after) = Signed::parse(&content) {
            prop_assert_ne!(after, Signed::parse(before).unwrap());
        }
    }
}
