use serde_json::json;

use super::*;
use crate::Exit;
use crate::trust::pull::testing::{
    Delegation, GUN, LATER, NOW, Repository, Signer as TestSigner, delegated, document, tag,
};

fn pull(repository: &Repository) -> Pulled {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().to_owned()).repository(&GUN.parse().unwrap());
    let pins = Pins::none();
    let pull = Pull::new(&repository.served, &home, &pins, NOW);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(pull.run()).unwrap()
}

fn look_up(pulled: &Pulled, tag: &str) -> Result<Signed, Refusal> {
    lookup(pulled, &GUN.parse().unwrap(), &tag.parse().unwrap())
}

#[test]
fn releases_are_asked_before_targets() {
    let mut repository = Repository::new();
    let (alice, bob, releases) = (TestSigner::bare(), TestSigner::bare(), TestSigner::bare());
    let to = [
        Delegation::to("targets/alice", &alice),
        Delegation::to("targets/bob", &bob),
        Delegation {
            paths: &["v"],
            ..Delegation::to("targets/releases", &releases)
        },
    ];
    let files = [
        (
            "targets/alice",
            delegated(1, json!({ "v1": tag("new"), "w3": tag("w") }), &[&alice]),
        ),
        (
            "targets/bob",
            delegated(1, json!({ "v1": tag("old") }), &[&bob]),
        ),
        (
            "targets/releases",
            delegated(1, json!({ "v1": tag("new"), "w2": tag("w") }), &[&releases]),
        ),
    ];
    repository.publish(json!({ "v1": tag("old"), "v2": tag("two") }), &to, &files);
    let pulled = pull(&repository);

    let signed = look_up(&pulled, "v1").unwrap();
    assert_eq!(signed.digest, Digest::of(b"new"));
    assert_eq!(
        (signed.role, signed.length, signed.threshold),
        ("targets/releases", 3, 1)
    );
    assert_eq!(signed.signers, ["alice"]);
    assert_eq!(signed.keys.len(), 1);
    assert_eq!(signed.keys[0].as_str(), releases.id);
    let signed = look_up(&pulled, "v2").unwrap();
    assert_eq!((signed.role, signed.signers.len()), ("targets", 0));
    assert_eq!(signed.keys[0].as_str(), repository.targets.id);

    // Not among the tags that releases is trusted with, and signed by alice for herself.
    assert_eq!(look_up(&pulled, "w2").unwrap_err().exit(), Exit::NotSigned);
    let refusal = look_up(&pulled, "w3").unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("signed by alice, and not released"),
        "{refusal}"
    );

    let inspection = Inspection::of(&pulled, GUN, None);
    let rows = inspection.signed_tags.iter();
    let rows: Vec<_> = rows
        .map(|it| (it.signed_tag.as_str(), it.signers.join(" ")))
        .collect();
    let (old, new) = (Digest::of(b"old").hex(), Digest::of(b"new").hex());
    assert_eq!(rows.len(), 3);
    let signers = |digest: &str| {
        let row = inspection.signed_tags.iter().find(|it| it.digest == digest);
        row.unwrap().signers.join(" ")
    };
    assert_eq!((&*signers(&old), &*signers(&new)), ("bob", "alice"));
    assert_eq!(rows[2], ("v2", "Repo Admin".to_owned()));
}

#[test]
fn where_releases_is_not_to_be_used_targets_is_not_asked_instead() {
    let (good, thief) = (TestSigner::bare(), TestSigner::bare());
    let old = Repository::targets_signed(1, "2026-01-01T00:00:00Z", json!({}), &[]);
    for (file, exit) in [
        (delegated(1, json!({}), &[&thief]), Exit::BelowThreshold),
        (document(&old, &[&good]), Exit::Expired),
    ] {
        let mut repository = Repository::new();
        let to = [Delegation::to("targets/releases", &good)];
        let tags = json!({ "v1": tag("old") });
        repository.publish(tags, &to, &[("targets/releases", file)]);
        assert_eq!(look_up(&pull(&repository), "v1").unwrap_err().exit(), exit);
    }
}

#[test]
fn a_tag_without_sha256_is_no_use() {
    let mut repository = Repository::new();
    let sha512 = "A".repeat(86) + "==";
    let tags = json!({ "v1": { "hashes": { "sha512": sha512 }, "length": 1 } });
    let version = repository.next("targets");
    let signed = Repository::targets_signed(version, LATER, tags, &[]);
    let targets = document(&signed, &[&repository.targets]);
    repository.serve(&[("targets", targets)]);
    let refusal = look_up(&pull(&repository), "v1").unwrap_err();
    assert_eq!(refusal.exit(), Exit::InvalidTrustData, "{refusal}");
}

#[test]
fn names_that_deceive_are_shown_as_escapes() {
    let mut repository = Repository::new();
    repository.publish(json!({ "v1\u{202e}x": tag("one") }), &[], &[]);
    let pretty = Inspection::of(&pull(&repository), GUN, None).pretty();
    assert!(pretty.contains("v1\\u{202e}x"), "{pretty:?}");
}
