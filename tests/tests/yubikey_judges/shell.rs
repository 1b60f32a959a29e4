//! `virtual-yubikey`, which plugs YubiKeys in for a shell.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::{openssl, require, wait};
use virtual_yubikey::plugboard::Plugboard;

const SERIAL: &str = "15012345";

/// The program, with one YubiKey, and the directory that it works in.
fn program() -> Option<(Command, Sandbox)> {
    if let Some(why) = Plugboard::missing() {
        require::skip(why);
        return None;
    }
    let sandbox = Sandbox::new();
    let mut program = Command::new(require::binary("virtual-yubikey"));
    program
        .args(["--serial", SERIAL, "--touch", "wait", "--directory"])
        .arg(sandbox.path());
    Some((program, sandbox))
}

#[test]
fn a_command_finds_the_yubikey_and_its_exit_status_is_told() {
    let Some((mut program, sandbox)) = program() else {
        return;
    };
    if !require::program("yubico-piv-tool") {
        return;
    }
    let command = "yubico-piv-tool --action status && exit 3";
    let ran = program.args(["--", "sh", "-c", command]).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains(SERIAL), "{said}");
    assert_eq!(ran.status.code(), Some(3));
    assert!(!sandbox.join("pcscd.sock").exists());
    let root = sandbox.join("attestation-root.pem");
    assert!(openssl::agrees(&[
        "x509",
        "-noout",
        "-in",
        root.to_str().unwrap()
    ]));
}

#[test]
fn lines_for_its_control_do_what_a_hand_does() {
    let Some((mut program, sandbox)) = program() else {
        return;
    };
    let mut running = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    let mut stdout = BufReader::new(running.stdout.take().unwrap());
    stdout.read_line(&mut told).unwrap();
    assert_eq!(told.trim(), sandbox.join("pcscd.sock").to_str().unwrap());
    for (line, becomes) in [
        ("touch", "nothing waits for a touch"),
        (&format!("pull {SERIAL}"), "pulled"),
        (&format!("pull {SERIAL}"), "it is not plugged in"),
        (&format!("plug {SERIAL}"), "plugged in"),
        ("plug 1", "there is no YubiKey 1"),
        ("touch-mode 2.5", "set"),
        ("touch-mode soon", "it is neither"),
    ] {
        let log = || fs::read_to_string(sandbox.join("control.log")).unwrap();
        let before = log().lines().count();
        fs::write(sandbox.join("control"), format!("{line}\n")).unwrap();
        let became = wait::until(line, || log().lines().nth(before).map(str::to_owned));
        assert!(became.contains(&format!("{line}: {becomes}")), "{became}");
    }
    kill(Pid::from_raw(running.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert!(running.wait().unwrap().success());
    assert!(!sandbox.join("pcscd.sock").exists());
}
