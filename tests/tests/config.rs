//! Configs that can't be meant: `privyseald --check` names the line, and repeats no secret.

use std::fs;
use std::process::{Command, Output};

use privyseal_tests::require::{binary, source};
use privyseal_tests::sandbox::Sandbox;

/// The example, with `old` replaced once.
fn check(sandbox: &Sandbox, old: &str, new: &str) -> Output {
    let example = fs::read_to_string(source("packaging/privyseald.toml")).unwrap();
    assert!(example.contains(old), "{old}");
    let config = sandbox.write("privyseald.toml", example.replacen(old, new, 1));
    let mut command = Command::new(binary("privyseald"));
    command.arg("--config").arg(config).arg("--check");
    command.output().unwrap()
}

#[test]
fn what_can_not_be_meant_is_refused_with_its_line() {
    let sandbox = Sandbox::new();
    let example = fs::read_to_string(source("packaging/privyseald.toml")).unwrap();
    let line_of = |text: &str| {
        let before = &example[..example.find(text).unwrap()];
        format!("line {}", before.matches('\n').count() + 1)
    };
    for (old, new, words) in [
        ("#mode = \"0600\"", "mode = 600", "invalid type"),
        ("#mode = \"0600\"", "mode = \"rw\"", "socket mode"),
        ("#log = \"text\"", "logs = \"text\"", "unknown field `logs`"),
        (
            "#document_bytes = 10485760",
            "document_bytes = \"10M\"",
            "invalid type",
        ),
        ("#requests = 256", "requests = 0", "nonzero"),
        (
            "#request_time = \"30s\"",
            "request_time = \"soon\"",
            "length of time",
        ),
        ("#genesis = ", "genesis = \"abc\"  # ", "64 hex digits"),
        ("kind = \"pkcs11\"", "kind = \"vault\"", "vault"),
        (
            "token = \"pkcs11:token=online;",
            "token = \"pkcs11:slot-id=1;",
            "slot",
        ),
        ("roles = [\"snapshot\"", "roles = [\"mirrors\"", "mirrors"),
        ("callers = [\"gid:990\"]", "callers = [\"pid:1\"]", "pid:1"),
        (
            "#sessions = 2",
            "sessions = 2\nsessions = 3",
            "duplicate key",
        ),
    ] {
        let checked = check(&sandbox, old, new);
        let said = String::from_utf8(checked.stderr).unwrap();
        assert_eq!(checked.status.code(), Some(1), "{new}: {said}");
        // A duplicate is at the line of its second time, right below.
        let line = line_of(old);
        assert!(
            said.contains(words) && (said.contains(&line) || new.contains('\n')),
            "{new}, {line}, {words}: {said}"
        );
    }
}

#[test]
fn parts_that_do_not_fit_together_are_named() {
    let sandbox = Sandbox::new();
    for (old, new, words) in [
        (
            "name = \"safe\"",
            "name = \"online\"",
            "two [[keystore]] named `online`",
        ),
        (
            "name = \"staging\"",
            "name = \"production\"",
            "two [[authority]] named `production`",
        ),
        (
            "keystore = \"online\"",
            "keystore = \"none\"",
            "no [[keystore]] of that name",
        ),
        (
            "authority = \"staging\"",
            "authority = \"nowhere\"",
            "no [[authority]] of that name",
        ),
        (
            "[\"user:root\"]",
            "[\"user:nobody-of-that-name\"]",
            "no such user",
        ),
    ] {
        let checked = check(&sandbox, old, new);
        let said = String::from_utf8(checked.stderr).unwrap();
        assert!(
            checked.status.code() == Some(1) && said.contains(words),
            "{new}: {said}"
        );
    }
}

#[test]
fn a_pin_in_the_config_is_refused_and_not_repeated() {
    let sandbox = Sandbox::new();
    let pin = "{ credential = \"online-pin\" }";
    for (old, new) in [
        (pin, "\"31415926\""),
        (pin, "31415926"),
        (pin, "{ value = \"31415926\" }"),
        (pin, "[\"31415926\"]"),
        (
            "serial=c18cf1b76a688cd8",
            "serial=c18cf1b76a688cd8?pin-value=31415926",
        ),
    ] {
        let checked = check(&sandbox, old, new);
        let said = String::from_utf8(checked.stderr).unwrap();
        assert_eq!(checked.status.code(), Some(1), "{new}: {said}");
        assert!(!said.contains("1415926"), "{new}: {said}");
        assert!(said.contains("line "), "{new}: {said}");
    }
    // What the line before it does wrong does not show it, either.
    let checked = check(&sandbox, pin, "\"31415926\" x");
    assert!(
        !String::from_utf8(checked.stderr)
            .unwrap()
            .contains("1415926")
    );
}
