//! The token goes away while notary-server needs it.

use privyseal_proto::v1::keystore_status::State;
use privyseal_tests::notary::NotaryStage;

const REPOSITORY: &str = "reg.example.test/team/app";

#[test]
fn without_its_token_nothing_is_published_and_with_it_all_goes_on() {
    let Some(mut stage) = NotaryStage::start("") else {
        return;
    };
    let alice = stage.stack.notary();
    alice.ok(&["init", "--publish", REPOSITORY]);
    alice.ok(&["key", "rotate", REPOSITORY, "snapshot", "-r"]);
    let version = stage.stack.published(REPOSITORY).version("snapshot");

    stage.token.vanish();
    alice.stage(REPOSITORY, "v1", b"a release");
    let refused = alice.run(&["publish", REPOSITORY]);
    assert_ne!(refused.status, 0, "{refused:#?}");
    // notary-server hands on what its signer says. Whether the agent noticed before it was asked
    // to sign is a matter of moments.
    let codes = ["[KEYSTORE_ABSENT]", "[TOKEN_NOT_FOUND]"];
    assert!(
        refused.stdout.contains("Connect the token")
            && codes.iter().any(|code| refused.stdout.contains(code)),
        "{refused:#?}"
    );
    // What is there can be read all the while.
    stage.stack.notary().ok(&["list", REPOSITORY]);
    assert_eq!(
        stage.stack.published(REPOSITORY).version("snapshot"),
        version
    );

    stage.token.come_back();
    stage.agent.wait_state(|status| {
        let mut keystores = status.keystores.iter();
        keystores.all(|keystore| keystore.state() == State::Ready)
    });
    alice.ok(&["publish", REPOSITORY]);
    let listed = stage.stack.notary().ok(&["list", REPOSITORY]);
    assert!(listed.contains("v1"), "{listed}");
}
