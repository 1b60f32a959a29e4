//! Roots: certificates, pins, and the way from one to the next.

use std::slice;

use super::*;
use crate::trust::pins::ContentTrust;

fn root_key(repository: &Repository) -> Pins {
    pinning("root-keys", GUN, &canonical(&repository.root))
}

fn canonical(signer: &Signer) -> String {
    let bytes = signer.key.to_string();
    let value = privyseal_tuf::json::Value::parse(bytes.as_bytes()).unwrap();
    let key = privyseal_tuf::Key::parse(&value).unwrap();
    key.canonical_keyid().unwrap().as_str().to_owned()
}

fn pinning(kind: &str, repository: &str, id: &str) -> Pins {
    let section = json!({
        "mode": "enforced",
        "trust-pinning": { kind: { repository: [id] } },
    });
    let section: ContentTrust = serde_json::from_value(section).unwrap();
    Pins::none().with_content_trust("daemon.json", section)
}

#[test]
fn certificates_name_the_repository_and_are_valid() {
    for name in [GUN, "reg.example.test/team/*", "reg.example.test/*", "*"] {
        assert!(
            Client::new()
                .pull(&Repository::of(Signer::named(name)))
                .is_ok(),
            "{name}"
        );
    }
    let year = rcgen::date_time_ymd;
    for (what, signer) in [
        ("another name", Signer::named("reg.example.test/team/other")),
        ("another prefix", Signer::named("reg.example.test/tea/*")),
        ("no certificate", Signer::bare()),
        ("a CA", Signer::certified(GUN, is_ca)),
        ("two leaves", Signer::of_two_leaves(GUN)),
        (
            "expired",
            Signer::certified(GUN, |it| it.not_after = year(2026, 1, 1)),
        ),
        (
            "not yet valid",
            Signer::certified(GUN, |it| it.not_before = year(2028, 1, 1)),
        ),
    ] {
        match Client::new().refused(&Repository::of(signer)) {
            PullError::Certificates { .. } => {}
            other => panic!("{what}: {other}"),
        }
    }
}

/// Publishes the next root, with these as its root keys, signed by those.
fn rotate(repository: &mut Repository, version: u64, to: Signer, by: &[&Signer]) {
    repository.root = to;
    let signed = repository.root_signed(version);
    let mut signers = vec![&repository.root];
    signers.extend(by);
    let root = document(&signed, &signers);
    repository.serve_root(version, root);
    repository.publish(json!({}), &[], &[]);
}

#[test]
fn roots_are_followed_where_the_one_before_allows_it() {
    let mut repository = Repository::new();
    let early = Client::new();
    early.pull(&repository).unwrap();
    for version in 2..5 {
        let old = std::mem::replace(&mut repository.root, Signer::bare());
        rotate(&mut repository, version, Signer::named(GUN), &[&old]);
    }
    let pulled = early.pull(&repository).unwrap();
    assert_eq!(pulled.roots.len(), 4);
    assert_eq!(pulled.trusted.version, 1);
    // Who comes later begins with the newest.
    let pulled = Client::new().pull(&repository).unwrap();
    assert_eq!((pulled.roots.len(), pulled.trusted.version), (1, 4));
}

#[test]
fn roots_before_the_trusted_one_each_allow_the_next() {
    let mut repository = Repository::new();
    for version in 2..4 {
        let old = std::mem::replace(&mut repository.root, Signer::bare());
        rotate(&mut repository, version, Signer::named(GUN), &[&old]);
    }
    let pulled = Client::new().pull(&repository).unwrap();
    let first = pulled.root().unwrap();
    assert_eq!(first.view.header.version, 3);
    let served = |repository: &Repository, version| repository.served.roots[&version].clone();
    let roots = [served(&repository, 1), served(&repository, 2)];
    assert_eq!(check_before(&roots, first).unwrap().len(), 2);
    assert_eq!(check_before(&[], first).unwrap().len(), 0);
    // Another's first root leads nowhere, and none may be left out.
    let others = Repository::new();
    for roots in [
        vec![served(&others, 1), roots[1].clone()],
        vec![roots[0].clone()],
        vec![served(&others, 1)],
    ] {
        assert!(check_before(&roots, first).is_err());
    }
}

#[test]
fn a_root_that_the_one_before_does_not_allow_is_refused() {
    let mut repository = Repository::new();
    let client = Client::new();
    client.pull(&repository).unwrap();
    rotate(&mut repository, 2, Signer::named(GUN), &[]);
    match client.refused(&repository) {
        PullError::NotAllowed { version, .. } => assert_eq!(version, 2),
        other => panic!("{other}"),
    }
}

#[test]
fn a_root_of_another_version_than_its_name_is_refused() {
    let mut repository = Repository::new();
    let client = Client::new();
    client.pull(&repository).unwrap();
    let root = document(
        &repository.root_signed(3),
        slice::from_ref(&&repository.root),
    );
    repository.serve_root(2, root);
    let error = client.refused(&repository);
    assert!(
        matches!(
            error,
            PullError::RootVersion {
                expected: 2,
                found: 3
            }
        ),
        "{error}"
    );
}

#[test]
fn a_repository_that_was_made_anew_is_another_one() {
    let client = Client::new();
    client.pull(&Repository::new()).unwrap();
    let error = client.refused(&Repository::new());
    assert!(
        matches!(error, PullError::OtherRoot { shown: 1, .. }),
        "{error}"
    );
    assert_eq!(error.reason(), Reason::PinMismatch);
}

#[test]
fn pins_hold_at_every_pull() {
    let repository = Repository::new();
    let pins = root_key(&repository);
    let pulled = Client::with(pins.clone()).pull(&repository).unwrap();
    assert_eq!(pulled.trusted.by, TrustedBy::RootKeys);
    let certificate = pinning("cert-ids", GUN, &repository.root.id);
    assert!(Client::with(certificate).pull(&repository).is_ok());
    let error = Client::with(pins).refused(&Repository::new());
    assert_eq!(error.reason(), Reason::PinMismatch, "{error}");

    // They hold for what was trusted before they were written down.
    let mut client = Client::new();
    client.pull(&repository).unwrap();
    client.pins = root_key(&Repository::new());
    assert_eq!(client.refused(&repository).reason(), Reason::PinMismatch);
}

#[test]
fn pins_hold_for_the_root_that_counts() {
    let mut repository = Repository::new();
    let client = Client::with(root_key(&repository));
    client.pull(&repository).unwrap();
    let old = std::mem::replace(&mut repository.root, Signer::bare());
    rotate(&mut repository, 2, Signer::named(GUN), &[&old]);
    assert_eq!(client.refused(&repository).reason(), Reason::PinMismatch);
}

#[test]
fn a_pinned_key_must_sign_itself() {
    // The pinned certificate stands in the root, and the one beside it signed.
    let mut repository = Repository::new();
    let pins = root_key(&repository);
    let thief = Signer::named(GUN);
    let mut signed = repository.root_signed(1);
    let both = [&repository.root, &thief];
    set(&mut signed, &["roles", "root"], role(&both, 1));
    set(&mut signed, &["keys", &thief.id], thief.key.clone());
    let by_thief = document(&signed, &[&thief]);
    let by_owner = document(&signed, &[&repository.root]);
    repository.serve_root(1, by_thief);
    repository.publish(json!({}), &[], &[]);
    assert!(Client::new().pull(&repository).is_ok());
    let error = Client::with(pins.clone()).refused(&repository);
    assert_eq!(error.reason(), Reason::BelowThreshold, "{error}");
    repository.serve_root(1, by_owner);
    repository.publish(json!({}), &[], &[]);
    assert!(Client::with(pins).pull(&repository).is_ok());
}

#[test]
fn thresholds_of_roots_count_valid_certificates() {
    let mut repository = Repository::new();
    let second = Signer::named(GUN);
    let stranger = Signer::named("reg.example.test/team/other");
    for (other, by_both) in [(&second, true), (&second, false), (&stranger, true)] {
        let mut signed = repository.root_signed(1);
        set(
            &mut signed,
            &["roles", "root"],
            role(&[&repository.root, other], 2),
        );
        set(&mut signed, &["keys", &other.id], other.key.clone());
        let signers = match by_both {
            true => vec![&repository.root, other],
            false => vec![&repository.root],
        };
        let root = document(&signed, &signers);
        repository.serve_root(1, root);
        repository.publish(json!({}), &[], &[]);
        let pulled = Client::new().pull(&repository);
        match pulled {
            Ok(pulled) => assert!(by_both && other.id == second.id && pulled.roots.len() == 1),
            Err(error) => {
                assert_eq!(error.reason(), Reason::BelowThreshold, "{error}");
                assert!(!by_both || other.id == stranger.id);
            }
        }
    }
}
