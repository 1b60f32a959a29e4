//! The tests that the crate `yubikey` has for real devices, as it was published. `tests/run` builds them,
//! a package of their own, and names its directory.

use std::path::PathBuf;
use std::process::Command;

use privyseal_tests::require;
use virtual_yubikey::Firmware;

use crate::stage::{NEWER, OLDER, Stage};

/// Signs the SHA-512 of a certificate with Ed25519, where the certificate itself is to be signed:
/// https://github.com/iqlusioninc/yubikey.rs/issues/670.
const BUG_670: &str = "generate_self_signed_cv_cert";

/// All of them: what is counted was run.
const TESTS: usize = 14;

#[test]
fn the_yubikey_crate_passes_its_own_tests_but_one_on_5_7() {
    let Some((passed, failed)) = run(NEWER, &[]) else {
        return;
    };
    assert_eq!(failed, [BUG_670]);
    assert_eq!(passed, TESTS - 1);
}

/// That has no Ed25519; the test of it fails and takes others with it.
#[test]
fn the_yubikey_crate_passes_its_own_tests_on_5_4() {
    let Some((passed, failed)) = run(OLDER, &["--skip", BUG_670]) else {
        return;
    };
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(passed, TESTS - 1);
}

/// How many passed, and which failed.
fn run(firmware: Firmware, arguments: &[&str]) -> Option<(usize, Vec<String>)> {
    let suite = std::env::var_os("PRIVYSEAL_YUBIKEY_SUITE").map(PathBuf::from);
    let Some(suite) = suite.filter(|suite| suite.is_dir()) else {
        require::skip(
            "PRIVYSEAL_YUBIKEY_SUITE names no tests of the crate yubikey (tests/run does)",
        );
        return None;
    };
    let stage = Stage::new(firmware, &[])?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(&suite)
        .args(["test", "--offline", "--test", "integration", "--target-dir"])
        .arg(suite.join("target"))
        .args(["--", "--ignored", "--test-threads=1"])
        .args(arguments)
        .env("PCSCLITE_CSOCK_NAME", stage.plugboard.socket())
        .env("YUBIKEY_SERIAL", stage.serial());
    let ran = cargo.output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let (mut passed, mut failed) = (0, Vec::new());
    for line in said.lines() {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["test", _, "...", "ok"] => passed += 1,
            ["test", name, "...", "FAILED"] => failed.push((*name).to_owned()),
            _ => {}
        }
    }
    assert_ne!(
        passed,
        0,
        "{said}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    Some((passed, failed))
}
