use super::*;
use crate::testing::{TestKey, root_draft, signed};
use crate::{Draft, RoleType, Root};

fn tally(document: &Document) -> Tally {
    let root = document.root().unwrap();
    Tally::of(document, &root.keys, &root.roles.root)
}

#[test]
fn counts_the_keys_of_the_role_and_no_other() {
    let (first, second, third) = (TestKey::p256(1), TestKey::ed25519(2), TestKey::p256(3));
    let stranger = TestKey::p256(9);
    let unsigned = root_draft(1, &[&first, &second, &third], 2)
        .finish()
        .unwrap();
    assert_eq!(tally(&unsigned).to_string(), "0 of 2 signatures");

    let one = signed(
        unsigned.clone(),
        &[&first, &stranger, &crate::testing::online()],
    );
    let root = one.root().unwrap();
    let below = verify_threshold(&one, &root.keys, &root.roles.root).unwrap_err();
    assert_eq!(below.0.signed, [first.keyid()]);
    assert_eq!(below.0.missing, [second.keyid(), third.keyid()]);

    let two = signed(one, &[&third]);
    let met = verify_threshold(&two, &root.keys, &root.roles.root).unwrap();
    assert_eq!(
        (met.count, met.signed),
        (2, vec![first.keyid(), third.keyid()])
    );
}

#[test]
fn a_signature_over_other_bytes_counts_for_nothing() {
    let key = TestKey::p256(1);
    let document = root_draft(1, &[&key], 1).finish().unwrap();
    let other = root_draft(2, &[&key], 1).finish().unwrap();
    let mut document = document;
    document.put_signature(&key.keyid(), &key.sign(&other.payload().bytes()));
    assert_eq!(tally(&document).count, 0);
}

/// One key under two keyids, each with a good signature, counts once; and who signed under one
/// of them is not missing under the other.
#[test]
fn one_key_under_two_keyids_counts_once() {
    let (key, other) = (TestKey::p256(1), TestKey::p256(2));
    let twin = KeyId::from("twin");
    let plain = root_draft(1, &[&key, &other], 2)
        .finish()
        .unwrap()
        .root()
        .unwrap();
    let mut keys = plain.keys.clone();
    keys.insert(twin.clone(), key.key());
    let keyids = vec![key.keyid(), twin.clone(), other.keyid()];
    let role = RoleKeys {
        keyids,
        threshold: 2,
    };
    let mut document = signed(root_draft(1, &[&key, &other], 2).finish().unwrap(), &[&key]);
    let once = Tally::of(&document, &keys, &role);
    assert_eq!((once.count, &*once.missing), (1, &[other.keyid()][..]));
    let signature = key.sign(&document.payload().bytes());
    document.put_signature(&twin, &signature);
    let twice = Tally::of(&document, &keys, &role);
    assert_eq!(
        (twice.count, twice.signed.len(), twice.is_met()),
        (1, 2, false)
    );
    assert!(Tally::of(&signed(document, &[&other]), &keys, &role).is_met());
}

#[test]
fn a_signature_of_one_key_under_the_keyid_of_another_counts_for_nothing() {
    let (key, other) = (TestKey::p256(1), TestKey::p256(2));
    let mut document = root_draft(1, &[&key, &other], 1).finish().unwrap();
    let signature = key.sign(&document.payload().bytes());
    document.put_signature(&other.keyid(), &signature);
    assert_eq!(tally(&document).count, 0);
}

#[test]
fn editing_leaves_signatures_behind() {
    let key = TestKey::p256(1);
    let document = signed(root_draft(1, &[&key], 1).finish().unwrap(), &[&key]);
    let mut draft = Draft::<Root>::edit(&document).unwrap();
    draft.set_role(RoleType::Root, &[key.keyid()], 1);
    assert_eq!(tally(&draft.finish().unwrap()).count, 0);
}
