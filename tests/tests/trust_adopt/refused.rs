//! What can't be adopted, with the reason; nothing is changed then.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use privyseal_tests::notary::{PASSPHRASE, Published};

use crate::stage::Stage;

#[test]
fn what_is_missing_is_named_and_nothing_is_changed() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.old.host.registry.named("demo/web");
    let repository = stage.old.docker_signed(&gun, &["v1"]);
    let trust = &repository.trust;
    let keys = repository.keys();
    let version = || Published::read(&stage.old.stack.server, &gun).version("timestamp");
    let before = version();
    let refused = |status: i32, reason: &str, more: &str| {
        let answer = stage.adopt(&gun, trust, more);
        answer.assert_refused(status, reason);
        assert_eq!(version(), before);
    };

    refused(1, "privyseal trust key generate alice", "--yes");
    stage.generate_signer("alice", &gun);
    refused(3, "nothing was changed: there is no terminal", "");
    refused(
        3,
        "root keys on one token only",
        "--yes --root-key desk:root-1",
    );
    refused(
        1,
        "desk:alice is a delegation key",
        "--yes --targets-key desk:alice",
    );

    let wrong = stage.adopt_with(&gun, trust, "--yes", "wrong passphrase");
    wrong.assert_refused(
        1,
        "the passphrase in DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE is wrong",
    );
    assert!(
        !wrong.stderr.contains("wrong passphrase") && !wrong.stdout.contains("wrong passphrase")
    );

    let (_, root) = keys.iter().find(|(role, _)| role == "root").unwrap();
    fs::set_permissions(root, Permissions::from_mode(0o644)).unwrap();
    refused(1, &format!("chmod 600 {}", root.display()), "--yes");
    fs::set_permissions(root, Permissions::from_mode(0o600)).unwrap();

    // The root key on a stick: found where it is named.
    let stick = stage.old.sandbox.directory("stick").join("root.pem");
    fs::rename(root, &stick).unwrap();
    refused(
        1,
        "name the file of a missing key with --old-root-key",
        "--yes",
    );
    let more = format!("--yes --old-root-key {}", stick.display());
    let said = stage.adopt_ok(&gun, trust, &more);
    assert!(said.contains(stick.to_str().unwrap()), "{said}");
    let name = &repository.names()[0];
    stage.old.docker().trusting_ok(&["pull", name]);
    assert!(!said.contains(PASSPHRASE));
}

#[test]
fn a_server_that_shows_another_root_than_was_known_is_not_believed() {
    let Some(stage) = Stage::start() else { return };
    let registry = &stage.old.host.registry;
    let gun = registry.named("demo/web");
    let repository = stage.old.docker_signed(&gun, &["v1"]);
    stage.generate_signer("alice", &gun);
    // Somebody made the repository anew, with keys of his own.
    stage.old.stack.notary().ok(&["delete", &gun, "--remote"]);
    let thief = stage.old.docker_signed(&gun, &["v1"]);
    let answer = stage.adopt(&gun, &repository.trust, "--yes");
    assert_eq!(answer.status, 1, "{answer:#?}");
    assert!(answer.stderr.contains("shows another root"), "{answer:#?}");
    stage.old.docker().trusting_ok(&["pull", &thief.names()[0]]);
}

#[test]
fn where_there_are_no_keys_it_says_so() {
    let Some(stage) = Stage::start() else { return };
    let empty = stage.old.sandbox.directory("empty");
    let answer = stage.adopt("reg.example.test/none", &empty, "--yes");
    answer.assert_refused(1, "there are no keys in");
}
