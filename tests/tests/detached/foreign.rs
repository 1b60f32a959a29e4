//! What does not belong to a draft.

use std::fs;
use std::path::Path;

use privyseal_tests::elsewhere::{FileKey, Kind, TokenKey};
use privyseal_tests::require;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;

use crate::places::{NAME, Office, generate, keyid};

#[test]
fn what_belongs_elsewhere_is_named_and_loses_nothing() {
    let Some(stage) = Stage::new().filter(|_| require::program("pkcs11-tool")) else {
        return;
    };
    let sandbox = &stage.sandbox;
    let keys = sandbox.directory("keys");
    let [alice, bob, stranger] =
        ["alice", "bob", "stranger"].map(|name| FileKey::generate(&keys, name, Kind::P256));
    let office = Office::new(sandbox, &stage.client("office"));
    office.init(&[("alice", &alice.public), ("bob", &bob.public)], 2);
    let (old_draft, old_payload) = office.export("old");
    let file = |name: &str| office.post.join(name);
    alice.sign(&old_payload, &file("old.sig"), &[]);

    // The draft changes in the meantime: another expiry.
    office.expire("370d");
    let (draft, payload) = office.export("new");
    alice.sign(&payload, &file("alice.sig"), &[]);
    bob.sign(&payload, &file("bob.sig"), &[]);
    stranger.sign(&payload, &file("stranger.sig"), &[]);
    // The wrong token: the agent's, whose targets key signs for root.
    let id = stage.client("office").ok("key show targets --json");
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    let targets = TokenKey::of(&stage.token, id["object_id"].as_str().unwrap(), &keys);
    targets.sign(&payload, &file("targets.sig"), "rs");
    // The digest, signed as if it were the payload.
    let digest = privyseal_tuf::Sha256Digest::of(&fs::read(&payload).unwrap());
    fs::write(file("digest"), digest.as_bytes()).unwrap();
    alice.sign(&file("digest"), &file("digest.sig"), &[]);

    let told = |files: &[&Path], expected: &str| {
        let before = office.root_signatures();
        let answer = office.attach(files);
        assert_eq!(answer.status, 3, "{answer:#?}");
        assert!(answer.stderr.contains(expected), "{expected}: {answer:#?}");
        assert_eq!(office.root_signatures(), before);
    };
    told(
        &[&file("old.sig")],
        "made it over root 1, an earlier draft (SHA-256 ",
    );
    told(
        &[&file("old.sig")],
        "old.sig: no signature of root: alice, ",
    );
    let serial = stage.token.serial();
    told(
        &[&file("targets.sig")],
        &format!("by default:targets on token one (serial {serial})"),
    );
    told(
        &[&file("stranger.sig")],
        "no key that is known here made it",
    );
    told(&[&file("digest.sig")], "over the digest of the payload");
    told(
        &[&old_draft],
        "there are two drafts of root 1: the one here has SHA-256",
    );
    let nothing = office.attach(&[&alice.public]);
    assert_eq!(nothing.status, 1, "{nothing:#?}");
    assert!(
        nothing
            .stderr
            .contains("it holds a public key, not a signature"),
        "{nothing:#?}"
    );

    // Among several files the good ones are kept, wherever they stand.
    let answer = office.attach(&[
        &file("old.sig"),
        &file("alice.sig"),
        &file("missing.sig"),
        &file("bob.sig"),
        &file("targets.sig"),
    ]);
    assert_eq!(
        (answer.status, office.root_signatures()),
        (3, 2),
        "{answer:#?}"
    );
    assert!(
        answer.stderr.contains("missing.sig: cannot read"),
        "{answer:#?}"
    );
    assert!(
        answer.stdout.contains("2 of 2 signatures, enough"),
        "{answer:#?}"
    );

    // The right signature, but not the one that was announced.
    office.repo("renew root --correct");
    let wrong = office.try_repo(&format!(
        "attach --role root --key {} {}",
        keyid(&office, "alice"),
        file("bob.sig").display()
    ));
    assert_eq!(wrong.status, 3, "{wrong:#?}");
    assert!(wrong.stderr.contains("said to be by alice"), "{wrong:#?}");

    // The other draft can be kept, too; then an operator must see to it.
    let adopted = office.repo(&format!("attach --adopt {}", old_draft.display()));
    assert!(
        adopted.contains("took root 1 from") && adopted.contains("repo supersede root"),
        "{adopted}"
    );

    // A file that was edited on its way.
    let text = fs::read_to_string(&draft).unwrap();
    let edited = office.post.join("edited.draft.json");
    fs::write(
        &edited,
        text.replacen("\"threshold\": 2", "\"threshold\": 1", 1),
    )
    .unwrap();
    for words in ["draft show", "draft sign --yes"] {
        let answer = office.client.run(&format!("{words} {}", edited.display()));
        assert_eq!(answer.status, 1, "{answer:#?}");
        assert!(
            answer.stderr.contains("edited or damaged on its way"),
            "{answer:#?}"
        );
    }
}

#[test]
fn nobody_signs_what_can_not_be_compared() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let sandbox = &stage.sandbox;
    let client = stage.client("office");
    generate(&client, "root");
    let office = Office::new(sandbox, &client);
    office.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
         --snapshot online --timestamp online"
    ));
    office.sign_and_publish();
    fs::write(office.post.join("evil.txt"), "evil\n").unwrap();
    office.repo(&format!("add {}", office.post.join("evil.txt").display()));
    let draft = office.post.join("targets.draft.json");
    office.repo(&format!("draft export targets -o {}", draft.display()));
    let words = draft.display();
    let shown = client.ok(&format!("draft show {words}"));
    assert!(shown.contains("evil.txt"), "{shown}");

    // Somebody makes the change invisible: it stands in what is said to be published, too.
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&draft).unwrap()).unwrap();
    let evil = file["document"]["signed"]["targets"]["evil.txt"].clone();
    file["before"]["signed"]["targets"]["evil.txt"] = evil;
    fs::write(&draft, serde_json::to_vec(&file).unwrap()).unwrap();
    let shown = client.run(&format!("draft show {words}"));
    assert!(
        shown.status == 3 && shown.stdout.contains("DANGER"),
        "{shown:#?}"
    );
    let signed = client.run(&format!("draft sign {words} --yes"));
    assert!(
        signed.status == 3 && signed.stderr.contains("nothing was signed"),
        "{signed:#?}"
    );
    // What is really published tells.
    let published = office.project.join("repository/metadata/1.targets.json");
    let with = format!("draft show {words} --before {}", published.display());
    let shown = client.run(&with);
    assert_eq!(shown.status, 3, "{shown:#?}");
    assert!(
        shown.stderr.contains("made over another targets"),
        "{shown:#?}"
    );
}
