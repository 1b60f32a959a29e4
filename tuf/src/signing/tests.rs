use super::*;
use crate::testing::{TestKey, root_draft, signed, signing};
use crate::{Requirement, RoleType};

/// Signs what `signing` wants signed.
fn add(signing: &mut Signing, key: &TestKey) -> Result<(), SigningError> {
    let signature = key.sign(&signing.payload().bytes());
    signing.add(&key.keyid(), &signature)
}

#[test]
fn a_rotation_needs_the_old_keys_and_the_new() {
    let (a, b, c, d) = (
        TestKey::p256(1),
        TestKey::ed25519(2),
        TestKey::p256(3),
        TestKey::ed25519(4),
    );
    let old = root_draft(1, &[&a, &b], 2)
        .finish()
        .unwrap()
        .root()
        .unwrap();
    let new = root_draft(2, &[&b, &c, &d], 2).finish().unwrap();
    let mut signing = signing(Some(&old), new);
    add(&mut signing, &c).unwrap();
    add(&mut signing, &d).unwrap();
    let labels: Vec<_> = signing
        .status()
        .iter()
        .map(|s| format!("{}: {}", s.label, s.tally))
        .collect();
    assert_eq!(
        labels,
        [
            "root keys of root version 1: 0 of 2 signatures",
            "root keys of root version 2: 2 of 2 signatures"
        ]
    );
    let unfinished = signing.clone().finish().unwrap_err();
    assert_eq!(
        unfinished.to_string(),
        "signatures are missing: root keys of root version 1 (0 of 2 signatures)"
    );
    add(&mut signing, &a).unwrap();
    add(&mut signing, &b).unwrap();
    let document = signing.finish().unwrap();
    let root = document.root().unwrap();
    assert!(crate::verify_threshold(&document, &old.keys, &old.roles.root).is_ok());
    assert!(crate::verify_threshold(&document, &root.keys, &root.roles.root).is_ok());
}

#[test]
fn a_half_signed_document_can_be_written_and_gone_on_with() {
    let (a, b) = (TestKey::p256(1), TestKey::p256(2));
    let mut first = signing(None, root_draft(1, &[&a, &b], 2).finish().unwrap());
    add(&mut first, &a).unwrap();
    let file = first.document().to_bytes();
    let mut second = signing(None, Document::parse(&file).unwrap());
    assert_eq!(second.status()[0].tally.signed, [a.keyid()]);
    assert_eq!(second.status()[0].tally.missing, [b.keyid()]);
    add(&mut second, &b).unwrap();
    assert!(second.finish().is_ok());
}

#[test]
fn placeholders_are_filled_in() {
    let key = TestKey::p256(1);
    let unsigned = root_draft(1, &[&key], 1).finish().unwrap().to_bytes();
    let entry = format!(
        r#""signatures": [{{"keyid":"{}","sig":"","x":1}}]"#,
        key.keyid()
    );
    let text = String::from_utf8(unsigned)
        .unwrap()
        .replace(r#""signatures": []"#, &entry);
    let mut signing = signing(None, Document::parse(text.as_bytes()).unwrap());
    assert_eq!(signing.status()[0].tally.count, 0);
    add(&mut signing, &key).unwrap();
    let document = signing.finish().unwrap();
    assert_eq!(document.signatures().len(), 1);
}

#[test]
fn the_wrong_token_is_named() {
    let (a, b) = (TestKey::p256(1), TestKey::p256(2));
    let mut signing = signing(None, root_draft(1, &[&a, &b], 2).finish().unwrap());
    let signature = b.sign(&signing.payload().bytes());
    let error = signing.add(&a.keyid(), &signature).unwrap_err();
    assert_eq!(
        error,
        SigningError::WrongKey {
            claimed: a.keyid(),
            actual: b.keyid()
        }
    );
    assert_eq!(signing.document().signatures(), []);
}

#[test]
fn strangers_and_damage_are_refused() {
    let (a, stranger) = (TestKey::p256(1), TestKey::p256(9));
    let mut signing = signing(None, root_draft(1, &[&a], 1).finish().unwrap());
    let error = add(&mut signing, &stranger).unwrap_err();
    assert_eq!(error, SigningError::UnknownKey(stranger.keyid()));
    let error = signing
        .add(&a.keyid(), &a.sign(b"other bytes"))
        .unwrap_err();
    assert_eq!(error, SigningError::BadSignature(a.keyid()));
    assert_eq!(signing.document().signatures(), []);
}

#[test]
fn other_roles_are_signed_for_by_their_keys() {
    let online = crate::testing::online();
    let root = root_draft(1, &[&TestKey::p256(1)], 1)
        .finish()
        .unwrap()
        .root()
        .unwrap();
    let targets = crate::testing::targets(1).finish().unwrap();
    let requirements = vec![Requirement::of(&root, RoleType::Targets)];
    let mut signing = Signing::new(targets, requirements);
    assert!(matches!(
        add(&mut signing, &TestKey::p256(1)),
        Err(SigningError::UnknownKey(_))
    ));
    add(&mut signing, &online).unwrap();
    assert_eq!(signing.finish().unwrap().signatures().len(), 1);
}

#[test]
fn a_signature_again_keeps_one_entry() {
    let key = TestKey::p256(1);
    let document = signed(root_draft(1, &[&key], 1).finish().unwrap(), &[&key]);
    let mut signing = signing(None, document);
    add(&mut signing, &key).unwrap();
    assert_eq!(signing.document().signatures().len(), 1);
}
