//! OpenSC's `pkcs11-tool` as somebody else who uses a token.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::require::SOFTHSM;
use crate::token::Token;

/// Runs it, logged in to the token; returns what it printed.
///
/// # Panics
/// Where it fails.
pub fn run(token: &Token, arguments: &[&str]) -> String {
    let ran = Command::new("pkcs11-tool")
        .env("SOFTHSM2_CONF", token.conf())
        .args(["--module", SOFTHSM, "--token-label", token.label()])
        .args(["--login", "--pin", token.pin()])
        .args(arguments)
        .output()
        .unwrap();
    assert!(ran.status.success(), "pkcs11-tool {arguments:?}: {ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

/// What it lists of each private key: a label, and what follows it.
#[must_use]
pub fn private_keys(token: &Token) -> Vec<String> {
    let listed = run(token, &["--list-objects", "--type", "privkey"]);
    let objects = listed.split("Private Key Object;").skip(1);
    objects.map(str::to_owned).collect()
}

/// Puts so many data objects into the token. It makes one, and copies SoftHSM2's file of it: a
/// thousand runs of the tool would take a minute. Nobody may use the token meanwhile.
pub fn fill(token: &Token, count: usize, scratch: &Path) {
    let before = files(token);
    let content = scratch.join("object");
    fs::write(&content, b"another object").unwrap();
    let content = content.to_str().unwrap();
    run(
        token,
        &[
            "--write-object",
            content,
            "--type",
            "data",
            "--label",
            "another",
        ],
    );
    let made = files(token);
    let made = made.iter().find(|name| !before.contains(name)).unwrap();
    for number in 1..count {
        let name = format!("00000000-0000-0000-0000-{number:012x}.object");
        fs::copy(token.objects().join(made), token.objects().join(name)).unwrap();
    }
    let listed = run(token, &["--list-objects", "--type", "data"]);
    assert_eq!(listed.matches("Data object").count(), count);
}

fn files(token: &Token) -> Vec<String> {
    let entries = fs::read_dir(token.objects()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".object")).collect()
}
