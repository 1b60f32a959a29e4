//! What the users of Notary do, and where the keys are meanwhile.

use privyseal_tests::notary::{NotaryStack, NotaryStage, Published};
use privyseal_tests::require;
use privyseal_tests::token::Token;

use crate::on_token;
use crate::race::Race;

const REPOSITORY: &str = "reg.example.test/team/app";

/// What notary-server signs by itself.
const ONLINE: [&str; 2] = ["snapshot", "timestamp"];

#[test]
fn notary_and_docker_publish_with_keys_on_the_token() {
    if !require::program("docker") || !require::program("pkcs11-tool") {
        return;
    }
    let Some(mut stage) = NotaryStage::start("") else {
        return;
    };
    let alice = stage.stack.notary();
    alice.ok(&["init", REPOSITORY]);
    alice.stage(REPOSITORY, "v1", b"the first release");
    alice.ok(&["publish", REPOSITORY]);
    assert_readable(&stage.stack, "v1");
    alice.ok(&["key", "rotate", REPOSITORY, "snapshot", "-r"]);
    assert_readable(&stage.stack, "v1");
    let before = keys(&mut stage, REPOSITORY);

    alice.ok(&["key", "rotate", REPOSITORY, "timestamp", "-r"]);
    alice.ok(&["key", "rotate", REPOSITORY, "snapshot", "-r"]);
    let after = keys(&mut stage, REPOSITORY);
    assert!(after.iter().all(|key| !before.contains(key)), "{after:?}");

    // Neither side forgets: not the keys, nor what they signed last.
    stage.agent.restart();
    alice.stage(REPOSITORY, "v2", b"the second release");
    alice.publish_in_the_end(REPOSITORY);
    stage.stack.server.restart();
    alice.stage(REPOSITORY, "v3", b"the third release");
    alice.publish_in_the_end(REPOSITORY);
    for target in ["v1", "v2", "v3"] {
        assert_readable(&stage.stack, target);
    }
    assert_eq!(keys(&mut stage, REPOSITORY), after);

    let docker = stage.stack.docker();
    let other = "reg.example.test/team/other";
    docker.ok(&["trust", "key", "generate", "bob"]);
    docker.ok(&["trust", "signer", "add", "--key", "bob.pub", "bob", other]);
    let inspected = stage.stack.docker().ok(&["trust", "inspect", other]);
    assert!(inspected.contains("bob"), "{inspected}");
    let others = keys(&mut stage, other);
    assert!(others.iter().all(|key| !after.contains(key)), "{others:?}");
}

#[test]
fn two_who_publish_at_once_leave_a_repository_that_everybody_can_read() {
    let Some(mut stage) = NotaryStage::start("") else {
        return;
    };
    let race = Race::prepare(&stage.stack, REPOSITORY);
    let lost = race.run(100);
    println!("a publisher was turned away {lost} times");
    assert!(lost > 0, "nobody lost: this was no race");
    assert_eq!(keys(&mut stage, REPOSITORY).len(), 2);
}

fn assert_readable(stack: &NotaryStack, target: &str) {
    let listed = stack.notary().ok(&["list", REPOSITORY]);
    assert!(listed.contains(target), "{listed}");
}

/// The keys of snapshot and timestamp: one each, under which OpenSSL verifies what is published,
/// and whose private half is on the token and cannot leave it.
fn keys(stage: &mut NotaryStage, repository: &str) -> Vec<String> {
    let published = stage.stack.published(repository);
    let mut all = Vec::new();
    for role in ONLINE {
        let keyids = published.keyids(role);
        assert_eq!(keyids.len(), 1, "{role}");
        assert_eq!(published.verified_by(role), keyids, "{role}");
        assert_on_token(&stage.token, &published, &keyids[0]);
        all.extend(keyids);
    }
    // While pkcs11-tool writes to it, SoftHSM2 may answer the agent that the token is gone.
    stage.agent.wait_ready();
    all
}

fn assert_on_token(token: &Token, published: &Published, keyid: &str) {
    let key = on_token::private_half(token, &published.public_key(keyid));
    let key = key.expect("the private half is on the token");
    let access = "sensitive, always sensitive, never extractable, local";
    assert!(key.contains(access), "{key}");
}
