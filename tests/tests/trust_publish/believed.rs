//! What is not taken for granted: that the registry says what was pushed, that what once arrived is
//! still published, that the server takes what it is sent again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use privyseal_tests::faulty_proxy::Deed;

use crate::stage::{Stage, hex};

impl Stage {
    /// A tool called docker that says that it pushed this digest of a repository.
    fn engine_that_pushed(&self, gun: &str, digest: &str) -> PathBuf {
        let path = self.sandbox.directory("tool").join("docker");
        let script = format!("#!/bin/sh\n[ \"$1\" = push ] || echo '{gun}@{digest}'\n");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A signer whose key is at an agent; the key's name is `signer-NAME`.
    fn signer(&self, agent: &str, name: &str, key: &str, gun: &str) {
        self.client.ok(&format!(
            "--agent {agent} trust key generate signer-{key} --repository **"
        ));
        self.ok(&format!("signer add {name} {gun} --key signer-{key}.pub"));
    }
}

#[test]
fn what_the_registry_puts_in_place_of_what_was_pushed_is_not_signed() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/pushed");
    let (image, name) = stage.push("demo/pushed", "v1");
    stage.ok(&format!("init {gun}"));
    let other = format!("sha256:{}", "ab".repeat(32));
    let tool = stage.engine_that_pushed(&gun, &other);
    let sign = format!("sign {name} --engine {}", tool.display());
    let refused = stage.run(&sign);
    assert_eq!(refused.status, 3, "{refused:?}");
    assert!(
        refused.stderr.contains(&other) && refused.stderr.contains(&image.digest),
        "{refused:?}"
    );
    assert_eq!(stage.signed(&gun), []);
    stage.engine_that_pushed(&gun, &image.digest);
    stage.ok(&sign);
    assert_eq!(stage.signed(&gun)[0].1, hex(&image));
}

#[test]
fn what_arrived_and_was_taken_back_since_is_signed_again() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/since");
    let (_, name) = stage.push("demo/since", "v1");
    stage.ok(&format!("init {gun}"));
    let proxy = stage.before_server(Deed::CutAnswer);
    let cut = stage.run(&format!("sign {name} --server {}", proxy.url()));
    assert_eq!(cut.status, 1, "{cut:?}");
    stage.other("other").ok(&format!("trust revoke {name}"));
    assert_eq!(stage.signed(&gun), []);
    stage.ok(&format!("sign {name}"));
    assert_eq!(stage.signed(&gun).len(), 1);
}

#[test]
fn what_is_staged_and_arrived_is_not_made_twice() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/staged");
    let (_, name) = stage.push("demo/staged", "v1");
    stage.ok(&format!("sign {name}"));
    let proxy = stage.before_server(Deed::CutAnswer);
    let remove = format!("remove {gun} v1 -p --server {}", proxy.url());
    let cut = stage.run(&remove);
    assert_eq!(cut.status, 1, "{cut:?}");
    let again = stage.run(&format!("publish {gun}"));
    assert_eq!(again.status, 0, "{again:?}");
    assert!(again.stderr.contains("had arrived"), "{again:?}");
    assert_eq!(stage.signed(&gun), []);
}

#[test]
fn what_the_server_never_takes_stands_in_nobodys_way() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/never");
    for signer in ["alice", "bob"] {
        stage.signer("desk", signer, signer, &gun);
    }
    let (_, name) = stage.push("demo/never", "v1");
    let proxy = stage.before_server(Deed::Cut);
    let server = proxy.url();
    let cut = stage.run(&format!("sign {name} -r targets/alice --server {server}"));
    assert_eq!(cut.status, 1, "{cut:?}");
    stage
        .other("other")
        .ok(&format!("trust signer remove alice {gun}"));
    let next = stage.run(&format!("sign {name}"));
    assert_eq!(next.status, 0, "{next:?}");
    assert!(next.stderr.contains("is given up"), "{next:?}");
    assert_eq!(stage.signed(&gun).len(), 1);
}

#[test]
fn who_can_revoke_nothing_is_told() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/kept");
    stage.signer("desk", "alice", "alice", &gun);
    let (_, name) = stage.push("demo/kept", "v1");
    stage.ok(&format!("sign {name}"));
    let safe = stage
        .agents
        .client_of_safe(&stage.sandbox, "keyless", &stage.stack);
    let revoked = safe.run(&format!("trust revoke --yes {gun}"));
    assert_eq!(revoked.status, 1, "{revoked:?}");
    assert!(
        revoked.stderr.contains("v1 stays signed in targets/alice")
            && revoked.stderr.contains("nothing was revoked"),
        "{revoked:?}"
    );
    assert_eq!(stage.signed(&gun).len(), 1);
}

#[test]
fn a_signers_name_goes_to_a_key_at_another_agent() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/successor");
    stage.signer("desk", "alice", "alice", &gun);
    let (image, name) = stage.push("demo/successor", "v1");
    stage.ok(&format!("sign {name}"));
    stage.ok(&format!("revoke {name}"));
    stage.ok(&format!("signer remove alice {gun}"));
    stage.signer("safe", "alice", "second", &gun);
    stage.ok(&format!("sign {name}"));
    assert_eq!(stage.signed(&gun)[0].1, hex(&image));
}
