//! Reads, verifies and edits roots of Sigstore's production and staging. See corpus/README.md.

// clippy.toml frees test functions from these; this file's helpers are test code as well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use privyseal_tuf::{
    Algorithm, Change, Document, Draft, Expires, Key, PublicKey, RoleType, Root, TrustedRepository,
    diff,
};

const FILES: [&str; 5] = [
    "sigstore/5.root.json",
    "sigstore/13.root.json",
    "sigstore/14.root.json",
    "sigstore/15.root.json",
    "sigstore-staging/14.root.json",
];

/// 2023-01-01, before any of them expires.
const NOW: i64 = 1_672_531_200;

fn read(file: &str) -> Vec<u8> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    std::fs::read(corpus.join(file)).unwrap()
}

fn document(file: &str) -> Document {
    Document::parse(&read(file)).unwrap()
}

#[test]
fn every_byte_is_kept() {
    for file in FILES {
        assert_eq!(document(file).to_bytes(), read(file), "{file}");
    }
}

#[test]
fn every_key_can_be_used() {
    for file in FILES {
        for (keyid, key) in document(file).root().unwrap().keys {
            assert_eq!(
                key.algorithm(),
                Some(Algorithm::EcdsaP256),
                "{file} {keyid}"
            );
        }
    }
}

#[test]
fn each_root_is_signed_by_its_own_keys() {
    for file in FILES {
        let trusted = TrustedRepository::new(&read(file), NOW);
        assert!(trusted.is_ok(), "{file}: {trusted:?}");
    }
}

#[test]
fn clients_go_from_root_13_to_root_15() {
    let mut trusted = TrustedRepository::new(&read("sigstore/13.root.json"), NOW).unwrap();
    assert!(trusted.update_root(&read("sigstore/15.root.json")).is_err());
    trusted.update_root(&read("sigstore/14.root.json")).unwrap();
    trusted.update_root(&read("sigstore/15.root.json")).unwrap();
    assert_eq!(trusted.root().header.version, 15);
}

#[test]
fn empty_signatures_are_no_signatures() {
    let staging = document("sigstore-staging/14.root.json");
    let empty = staging
        .signatures()
        .iter()
        .filter(|entry| entry.sig().is_empty());
    assert_eq!(empty.count(), 2);
}

/// A root with another version, expiry and first root key.
fn changed(old: &Document, version: u64, expires: &Expires, first: &Key) -> Document {
    let root = old.root().unwrap().roles.root;
    let mut draft = Draft::<Root>::edit(old).unwrap();
    draft.set_version(version);
    draft.set_expires(expires);
    let mut keyids = root.keyids;
    keyids[0] = draft.add_key(first);
    draft.set_role(RoleType::Root, &keyids, root.threshold);
    draft.remove_unused_keys();
    draft.finish().unwrap()
}

#[test]
fn the_next_root_changes_what_we_change_and_nothing_else() {
    let fresh = Key::from_public(&PublicKey::ed25519(&[7; 32]));
    let later: Expires = "2040-01-02T03:04:05Z".parse().unwrap();
    for file in FILES {
        let old = document(file);
        let root = old.root().unwrap();
        let gone = &root.roles.root.keyids[0];
        let (version, expires) = (root.header.version, &root.header.expires);
        let new = changed(&old, version + 1, &later, &fresh);
        for change in diff(Some(&old), &new) {
            let ours = match &change {
                Change::Version { .. } | Change::Expires { .. } => true,
                Change::RoleKeyAdded { keyid, .. } | Change::KeyAdded { keyid, .. } => {
                    keyid == fresh.keyid()
                }
                Change::RoleKeyRemoved { keyid, .. } | Change::KeyRemoved { keyid, .. } => {
                    keyid == gone
                }
                // Of a key that no role names any more, its fields go too.
                Change::Field { path, .. } => path.to_string().contains(gone.as_str()),
                _ => false,
            };
            assert!(ours, "{file}: {change:?}");
        }
        let undone = changed(&new, version, expires, &root.keys[gone]);
        assert_eq!(undone.payload(), old.payload(), "{file}");
    }
}
