//! Anybody may ask notary-server for the key of a repository that does not exist, and so has keys
//! made. A thousand do, and ten thousand with PRIVYSEAL_FULL=1.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use privyseal_tests::client::Client;
use privyseal_tests::notary::{Https, NotaryStage};
use privyseal_tests::{pkcs11_tool, require};

const REPOSITORY: &str = "reg.example.test/team/app";

/// `unused_keys`, where nothing else is said.
const CAP: usize = 100;

#[test]
fn strangers_have_a_hundred_keys_made_and_no_more() {
    if !require::program("pkcs11-tool") {
        return;
    }
    let Some(stage) = NotaryStage::start("") else {
        return;
    };
    let alice = stage.stack.notary();
    alice.ok(&["init", "--publish", REPOSITORY]);
    let others = pkcs11_tool::private_keys(&stage.token).len();

    let elsewhere = "reg.example.org/team/app";
    assert_ne!(alice.run(&["init", "--publish", elsewhere]).status, 0);
    assert!(stage.stack.server.log().contains("[NO_GRANT]"));

    let answered = ask_for_keys(&stage, strangers());
    assert_eq!(answered, CAP);
    let keys = pkcs11_tool::private_keys(&stage.token).len();
    assert_eq!(keys, others + CAP);
    assert!(stage.stack.server.log().contains("[UNUSED_KEYS_FULL]"));

    // A repository that has its keys goes on. A new one has to wait for an operator.
    alice.stage(REPOSITORY, "v1", b"a release");
    alice.ok(&["publish", REPOSITORY]);
    let new = "reg.example.test/team/new";
    assert_ne!(alice.run(&["init", "--publish", new]).status, 0);
    let operator = Client::new(&stage.sandbox, "operator", &stage.agent);
    operator.ok("key remove --unused --repository reg.example.test/stranger/** --yes");
    let keys = pkcs11_tool::private_keys(&stage.token).len();
    assert_eq!(keys, others);
    alice.ok(&["publish", new]);
    stage.stack.notary().ok(&["list", new]);
}

fn strangers() -> usize {
    if std::env::var_os("PRIVYSEAL_FULL").is_some() {
        10_000
    } else {
        1_000
    }
}

/// Asks for the timestamp keys of so many repositories; returns how many were answered.
fn ask_for_keys(stage: &NotaryStage, count: usize) -> usize {
    const THREADS: usize = 4;
    let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let https = Https::trusting(stage.stack.server.ca());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let repository = format!("reg.example.test/stranger/{number}");
                    let url = stage.stack.server.file_url(&repository, "timestamp.key");
                    let status = https.try_get(&url).unwrap().status;
                    if status == 200 {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    answered.into_inner()
}
