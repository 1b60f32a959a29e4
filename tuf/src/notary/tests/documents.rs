//! Documents of the dialect, read and written by the model that both dialects share.

use super::{ECDSA, ED25519, Golden};
use crate::json::Value;
use crate::{Dialect, Document, Draft, Key, Requirement, RoleType, Root, Signing, View};

fn root(golden: &Golden) -> Root {
    Document::parse(golden.root).unwrap().root().unwrap()
}

/// The same document, written anew from what was read of it.
fn written_again(file: &[u8]) -> Vec<u8> {
    let Value::Object(signed) = Value::parse(file).unwrap() else {
        panic!("an object");
    };
    let Some(Value::Object(signed)) = signed.get("signed").cloned() else {
        panic!("signed");
    };
    let read = Document::parse(file).unwrap();
    let mut document = Document::unsigned(signed);
    for entry in read.signatures() {
        let view = root(&ECDSA);
        let keys = [&view.keys, &root(&ED25519).keys].map(Clone::clone);
        let key = keys
            .iter()
            .find_map(|keys| keys.get(entry.keyid()))
            .unwrap();
        let algorithm = key.algorithm().unwrap();
        let signature = crate::Signature::from_text(Dialect::Notary, algorithm, entry.sig());
        document.put_signature(entry.keyid(), &signature.unwrap());
    }
    document.to_bytes()
}

#[test]
fn what_is_written_is_byte_for_byte_what_go_prints() {
    for golden in [ECDSA, ED25519] {
        for file in [golden.root, golden.snapshot, golden.timestamp] {
            let written = written_again(file);
            assert_eq!(
                String::from_utf8_lossy(&written),
                String::from_utf8_lossy(file)
            );
        }
    }
}

#[test]
fn every_document_verifies_under_its_root() {
    for golden in [ECDSA, ED25519] {
        let root = root(&golden);
        for (role, file) in [
            (RoleType::Root, golden.root),
            (RoleType::Snapshot, golden.snapshot),
            (RoleType::Timestamp, golden.timestamp),
        ] {
            let document = Document::parse(file).unwrap();
            assert_eq!(document.dialect(), Dialect::Notary);
            let requirement = Requirement::of(&root, role);
            assert!(requirement.tally(&document).is_met(), "{role}");
            // One digit of the version is enough.
            let text = String::from_utf8(file.to_vec()).unwrap();
            let at = text.rfind("\"version\":").unwrap() + 10;
            let other = format!("{}9{}", &text[..at], &text[at..]);
            let other = Document::parse(other.as_bytes()).unwrap();
            assert!(!requirement.tally(&other).is_met(), "{role}");
        }
    }
}

#[test]
fn a_document_is_of_one_dialect_and_one_role() {
    let document = Document::parse(ECDSA.snapshot).unwrap();
    let view = document.view(RoleType::Snapshot).unwrap();
    assert!(matches!(view, View::NotarySnapshot(_)));
    assert_eq!(view.role(), RoleType::Snapshot);
    for role in [RoleType::Root, RoleType::Targets, RoleType::Timestamp] {
        assert!(document.view(role).is_err(), "{role}");
    }
    // In lower case it is the specification's, and lacks what that demands.
    let text = String::from_utf8(ECDSA.root.to_vec()).unwrap();
    let lower = text.replace("\"Root\"", "\"root\"");
    let lower = Document::parse(lower.as_bytes()).unwrap();
    assert_eq!(lower.dialect(), Dialect::Spec);
    assert!(lower.root().is_err());
}

#[test]
fn a_certificates_key_has_two_ids() {
    let root = root(&ECDSA);
    let keyid = root.roles.root.keyids.first().unwrap();
    let key = &root.keys[keyid];
    let certificate = key.certificate().unwrap();
    assert_eq!(certificate.public_key().as_ref().ok(), key.public().ok());
    assert!(!certificate.is_ca && !certificate.is_weak);
    assert!(certificate.names(&certificate.common_name));
    assert!(!certificate.names("example.com/other"));
    let bare = Key::of_notary(key.public().unwrap());
    assert_ne!(bare.keyid(), key.keyid());
    assert_eq!(key.canonical_keyid().as_ref(), Some(bare.keyid()));
    assert_eq!(bare.canonical_keyid().as_ref(), Some(bare.keyid()));
    assert_eq!(bare.fingerprint(), key.fingerprint());
}

/// A key of one dialect is no key in documents of the other.
#[test]
fn keys_stay_in_their_dialect() {
    let root = root(&ECDSA);
    let key = root.keys.values().next().unwrap();
    let spec = Key::from_public(key.public().unwrap());
    let mut draft = Draft::notary_root(1, &root.header.expires);
    draft.add_key(&spec);
    assert!(draft.finish().is_err());
    let mut draft = Draft::root(1, &"2030-01-01T00:00:00Z".parse().unwrap());
    draft.add_key(&Key::of_notary(key.public().unwrap()));
    assert!(draft.finish().is_err());
}

#[test]
fn an_edit_keeps_all_else_and_needs_new_signatures() {
    let before = Document::parse(ECDSA.root).unwrap();
    let root = before.root().unwrap();
    let mut draft = Draft::<Root>::edit(&before).unwrap();
    draft.set_version(root.header.version + 1);
    let after = draft.finish().unwrap();
    let change = crate::diff(Some(&before), &after);
    assert_eq!(change.len(), 1, "{change:?}");
    let requirements = Requirement::of_root(Some(&root), &root);
    assert!(Signing::new(after, requirements).finish().is_err());
}
