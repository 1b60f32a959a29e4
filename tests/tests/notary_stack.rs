//! The stack of Notary v1 as it is without Privy Seal, with its own signer: what the tests of ours
//! start from.

use privyseal_tests::certificates::Ca;
use privyseal_tests::notary::{self, NotarySigner, NotaryStack, Registry};
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;

const REPOSITORY: &str = "reg.example.test/team/app";

#[test]
fn notary_and_docker_publish_with_the_signer_of_notary() {
    if !notary::installed() || !require::program("notary-signer") || !require::program("docker") {
        return;
    }
    let sandbox = Sandbox::new();
    let ca = Ca::new(&sandbox, "tls");
    let signer = NotarySigner::start(&sandbox, &ca);
    let mut stack = NotaryStack::start(&sandbox, &ca, signer.at());

    let alice = stack.notary();
    alice.ok(&["init", REPOSITORY]);
    alice.stage(REPOSITORY, "v1", b"the first release");
    alice.ok(&["publish", REPOSITORY]);
    alice.ok(&["key", "rotate", REPOSITORY, "snapshot", "-r"]);
    assert!(alice.ok(&["list", REPOSITORY]).contains("v1"));
    assert!(stack.notary().ok(&["list", REPOSITORY]).contains("v1"));

    let other = "reg.example.test/team/other";
    let bob = stack.docker();
    bob.ok(&["trust", "key", "generate", "bob"]);
    bob.ok(&["trust", "signer", "add", "--key", "bob.pub", "bob", other]);
    assert!(
        stack
            .docker()
            .ok(&["trust", "inspect", other])
            .contains("bob")
    );

    // The database outlives the server.
    stack.server.restart();
    assert!(stack.notary().ok(&["list", REPOSITORY]).contains("v1"));
    alice.stage(REPOSITORY, "v2", b"the second release");
    alice.ok(&["publish", REPOSITORY]);
    assert!(stack.notary().ok(&["list", REPOSITORY]).contains("v2"));

    for repository in [REPOSITORY, other] {
        let published = stack.published(repository);
        for role in ["snapshot", "timestamp"] {
            assert_eq!(published.verified_by(role), published.keyids(role));
            assert_eq!(published.keyids(role).len(), 1);
        }
    }
}

#[test]
fn a_registry_takes_an_image() {
    if !require::program("docker-registry") {
        return;
    }
    let sandbox = Sandbox::new();
    let ca = Ca::new(&sandbox, "tls");
    let registry = Registry::start(&sandbox, &ca);
    let one = registry.push("team/app", "v1", "one");
    let two = registry.push("team/app", "v2", "two");
    assert_ne!(one, two);
}
