//! Killed in the middle, the next run goes on.

use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use privyseal_tests::notary::{PASSPHRASE, Published};

use crate::stage::{Stage, key_files, to_destroy};

/// The file in which the publisher keeps a root that is being signed, and the one with what it
/// sends.
const MOMENTS: [&str; 2] = ["root.begun.json", "sent.json"];

#[test]
fn a_run_that_was_killed_is_finished_by_the_next() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.old.host.registry.named("demo/cut");
    let repository = stage.old.docker_signed(&gun, &["v1"]);
    let follower = stage.old.docker();
    let name = &repository.names()[0];
    follower.trusting_ok(&["pull", name]);
    stage.generate_signer("alice", &gun);
    let trust = repository.trust.to_str().unwrap();
    let mut killed = 0;
    for moment in MOMENTS {
        let words = ["trust", "adopt", &gun, "--trust-dir", trust, "--yes"];
        let mut command = stage.owner.command(words);
        command.env("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", PASSPHRASE);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if kept(&stage, moment) {
                break None;
            }
            thread::sleep(Duration::from_millis(1));
        };
        if ended.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
        }
    }
    assert!(killed > 0, "no run was killed");

    let said = stage.adopt_ok(&gun, &repository.trust, "--yes");
    assert_eq!(to_destroy(&said), key_files(&repository.keys()), "{said}");
    let published = Published::read(&stage.old.stack.server, &gun);
    assert_eq!(published.version("root"), 2);
    assert!(MOMENTS.iter().all(|moment| !kept(&stage, moment)));
    for user in [follower, stage.old.docker()] {
        let pulled = user.trusting_ok(&["pull", name]);
        assert!(pulled.contains(&repository.tags[0].digest), "{pulled}");
    }
}

/// Whether a file is among what the owner's client keeps of the repository.
fn kept(stage: &Stage, name: &str) -> bool {
    let trust: PathBuf = stage.owner.state().join("privyseal/trust");
    let Ok(entries) = std::fs::read_dir(trust) else {
        return false;
    };
    let mut files = entries.map(|entry| entry.unwrap().path().join(name));
    files.any(|file| file.exists())
}
