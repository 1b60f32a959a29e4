//! A database of notary-server that was restored from a copy, and so forgot what was signed.

use privyseal_tests::client::Client;
use privyseal_tests::notary::NotaryStage;

const REPOSITORY: &str = "reg.example.test/team/app";

const COPY: &str = "create table copy as select * from tuf_files";
const RESTORE: &str = "delete from tuf_files; insert into tuf_files select * from copy";

#[test]
fn a_restored_database_is_refused_until_an_operator_accepts_it() {
    let Some(stage) = NotaryStage::start("") else {
        return;
    };
    let alice = stage.stack.notary();
    alice.ok(&["init", "--publish", REPOSITORY]);
    alice.ok(&["key", "rotate", REPOSITORY, "snapshot", "-r"]);
    stage.stack.database.sql(COPY);
    for target in ["v1", "v2", "v3"] {
        alice.stage(REPOSITORY, target, target.as_bytes());
        alice.ok(&["publish", REPOSITORY]);
    }

    stage.stack.database.sql(RESTORE);
    // Alice knows later versions; somebody with her keys who does not is let in by the server.
    let bob = stage.stack.notary();
    alice.share_keys(&bob);
    bob.stage(REPOSITORY, "w1", b"after the restore");
    let refused = bob.run(&["publish", REPOSITORY]);
    assert_ne!(refused.status, 0, "{refused:#?}");
    assert!(
        refused.stdout.contains("[VERSION_ROLLBACK]"),
        "{refused:#?}"
    );

    let operator = Client::new(&stage.sandbox, "operator", &stage.agent);
    operator.ok(&format!(
        "notary restored --authority production --repository {REPOSITORY} --reason restored --yes"
    ));
    bob.ok(&["publish", REPOSITORY]);
    let listed = stage.stack.notary().ok(&["list", REPOSITORY]);
    assert!(listed.contains("w1") && !listed.contains("v1"), "{listed}");
}
