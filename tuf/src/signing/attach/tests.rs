use proptest::prelude::*;

use crate::testing::{TestKey, root_draft, signed, signing};
use crate::{Attached, DetachedSignature, Document, Key, KeyId, KeyProblem, Requirement};
use crate::{Known, KnownKey, KnownPayload, RoleType, Root, Signing, SigningError};

fn root(version: u64, keys: &[&TestKey], threshold: u32) -> Document {
    root_draft(version, keys, threshold).finish().unwrap()
}

fn raw(key: &TestKey, payload: &[u8]) -> DetachedSignature {
    DetachedSignature::from_bytes(key.sign(payload).as_raw())
}

fn known_key(label: &str, key: &TestKey) -> KnownKey {
    KnownKey {
        label: label.to_owned(),
        key: key.key(),
    }
}

#[test]
fn the_maker_is_found() {
    let keys = [TestKey::p256(1), TestKey::ed25519(2), TestKey::p256(3)];
    let document = root(1, &keys.each_ref(), 3);
    let payload = document.payload().bytes();
    let mut signing = signing(None, document);
    for key in &keys {
        let detached = raw(key, &payload);
        let attach = |signing: &mut Signing| signing.attach(&detached, &Known::default());
        let new = |is_new| Attached {
            keyid: key.keyid(),
            is_new,
        };
        assert_eq!(attach(&mut signing), Ok(new(true)));
        let before = signing.document().to_bytes();
        assert_eq!(attach(&mut signing), Ok(new(false)));
        assert_eq!(signing.document().to_bytes(), before);
    }
    assert!(signing.finish().is_ok());
}

/// An earlier root may list the same key under a keyid of its own.
#[test]
fn one_signature_counts_under_both_keyids_of_a_key() {
    let key = TestKey::p256(1);
    let text = String::from_utf8(root(1, &[&key], 1).to_bytes()).unwrap();
    let renamed = text.replace(key.keyid().as_str(), "my-key");
    let old = Document::parse(renamed.as_bytes()).unwrap().root().unwrap();
    let new = root(2, &[&key], 1);
    let detached = raw(&key, &new.payload().bytes());
    let mut signing = signing(Some(&old), new);
    assert!(signing.attach(&detached, &Known::default()).unwrap().is_new);
    assert_eq!(signing.document().signatures().len(), 2);
    assert!(signing.finish().is_ok());
}

#[test]
fn a_claim_must_not_contradict_the_maker() {
    let (a, b) = (TestKey::p256(1), TestKey::p256(2));
    let document = root(1, &[&a, &b], 2);
    let payload = document.payload().bytes();
    let mut signing = signing(None, document);
    let mut attach =
        |claimed: &KeyId| signing.attach(&raw(&b, &payload).claimed_by(claimed), &Known::default());
    let wrong = SigningError::WrongKey {
        claimed: a.keyid(),
        actual: b.keyid(),
    };
    assert_eq!(attach(&a.keyid()), Err(wrong));
    // Other tools compute other keyids.
    let attached = attach(&KeyId::from("other")).unwrap();
    assert_eq!(attached.keyid, b.keyid());
}

#[test]
fn a_foreign_signature_is_named() {
    let (a, online) = (TestKey::p256(1), TestKey::ed25519(7));
    let old = root(1, &[&a], 1);
    let document = root(2, &[&a], 1);
    let payload = document.payload().bytes();
    let known = Known {
        keys: vec![known_key("safe:online, token T 01", &online)],
        payloads: vec![KnownPayload {
            label: "root 1".to_owned(),
            bytes: old.payload().bytes(),
        }],
    };
    let file = document.to_bytes();
    let mut signing = signing(None, document.clone());
    let mut said = |key: &TestKey, bytes: &[u8]| {
        let error = signing.attach(&raw(key, bytes), &known).unwrap_err();
        assert_eq!(signing.document().signatures(), []);
        error.to_string()
    };
    assert_eq!(
        said(&online, &payload),
        format!(
            "it is a good signature, but by safe:online, token T 01 ({}), which this document does not ask",
            online.keyid()
        )
    );
    let over = |what: &str| {
        format!(
            "key {} made it over {what}, not over this document",
            a.keyid()
        )
    };
    assert_eq!(said(&a, &old.payload().bytes()), over("root 1"));
    let digest = document.payload().digest;
    let mistaken = over("the digest of the payload, as if that were the payload");
    assert_eq!(said(&a, digest.as_bytes()), mistaken);
    let line = [&payload[..], b"\n"].concat();
    assert_eq!(
        said(&a, &line),
        over("the payload with a line feed after it")
    );
    assert_eq!(said(&a, &file), over("the whole metadata file"));
    assert_eq!(
        said(&online, &old.payload().bytes()),
        "safe:online, token T 01 made it over root 1: neither the key nor the content is this document's"
    );
    let stranger = SigningError::Unexplained.to_string();
    assert_eq!(said(&TestKey::p256(9), &payload), stranger);
}

#[test]
fn a_claimed_key_is_named_where_nothing_else_is_known() {
    let (a, stranger) = (TestKey::p256(1), TestKey::p256(9));
    let document = root(1, &[&a], 1);
    let mut signing = signing(None, document);
    let mut attach = |claimed: &TestKey| {
        let detached = raw(&stranger, b"other").claimed_by(&claimed.keyid());
        signing.attach(&detached, &Known::default()).unwrap_err()
    };
    assert_eq!(attach(&a), SigningError::BadSignature(a.keyid()));
    assert_eq!(
        attach(&stranger),
        SigningError::UnknownKey(stranger.keyid())
    );
}

#[test]
fn a_key_that_can_not_verify_is_named() {
    let text = r#"{"keytype": "ml-dsa", "scheme": "ml-dsa-65/1", "keyval": {"public": "00"}}"#;
    let value = crate::json::Value::parse(text.as_bytes()).unwrap();
    let strange = Key::parse(&value).unwrap();
    let mut draft = root_draft(1, &[&TestKey::p256(1)], 1);
    let keyid = draft.add_key(&strange);
    draft.set_role(RoleType::Root, std::slice::from_ref(&keyid), 1);
    let mut signing = signing(None, draft.finish().unwrap());
    let detached = DetachedSignature::from_entry(&keyid, "00");
    let error = signing.attach(&detached, &Known::default()).unwrap_err();
    let SigningError::UnusableKey { keyid: of, problem } = error else {
        panic!("{error}");
    };
    assert_eq!(of, keyid);
    assert!(matches!(problem, KeyProblem::Unsupported { .. }));
}

/// Finding out where a signature came from has an end, however much is known.
#[test]
fn not_everything_is_tried() {
    let (a, b) = (TestKey::p256(1), TestKey::p256(2));
    let mut signing = signing(None, root(1, &[&a], 1));
    let payload = |number: u32| KnownPayload {
        label: format!("payload {number}"),
        bytes: number.to_be_bytes().to_vec(),
    };
    let known = Known {
        keys: (0..100).map(|_| known_key("b", &b)).collect(),
        payloads: (0..1000).map(payload).collect(),
    };
    let mut attach = |number: u32| {
        let detached = raw(&a, &number.to_be_bytes());
        signing.attach(&detached, &known).unwrap_err()
    };
    assert!(matches!(attach(1), SigningError::OtherPayload { .. }));
    assert_eq!(attach(999), SigningError::Unexplained);
}

proptest! {
    #[test]
    fn no_bytes_but_a_signature_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (a, b) = (TestKey::p256(1), TestKey::ed25519(2));
        let old: Root = root(1, &[&a], 1).root().unwrap();
        let new = signed(root(2, &[&b], 1), &[&b]);
        let before = new.to_bytes();
        let requirements = Requirement::of_root(Some(&old), &new.root().unwrap());
        let mut signing = Signing::new(new, requirements);
        let detached = DetachedSignature::from_bytes(&bytes);
        prop_assert!(signing.attach(&detached, &Known::default()).is_err());
        prop_assert_eq!(signing.document().to_bytes(), before);
    }
}
