//! Yubico's own program for people, `ykman`, which `tests/run` puts beside its Python.

use std::path::{Path, PathBuf};

use privyseal_tests::client::Answer;
use privyseal_tests::ykman;
use virtual_yubikey::Firmware;

use crate::stage::{MANAGEMENT_KEY, NEWER, OLDER, PIN, PUK, Stage};

const OTHER_MANAGEMENT_KEY: &str = "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8c1c2c3c4c5c6c7c8";

/// A stage with ykman on it.
pub(crate) struct Ykman {
    pub(crate) stage: Stage,
    program: PathBuf,
}

impl Ykman {
    /// Says that the test is skipped where there is no ykman, or one of the other programs is missing.
    pub(crate) fn new(firmware: Firmware, programs: &[&str]) -> Option<Self> {
        let program = ykman::Ykman::find()?.program().to_owned();
        let stage = Stage::new(firmware, programs)?;
        Some(Self { stage, program })
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Runs it on the YubiKey that is looked at.
    fn run(&self, words: &str) -> Answer {
        let serial = self.stage.serial();
        let arguments: Vec<_> = ["--device", &serial]
            .into_iter()
            .chain(words.split_whitespace())
            .collect();
        self.stage.run(&self.program, &arguments)
    }

    /// As [`Self::run`], where it must succeed; what it printed.
    pub(crate) fn ok(&self, words: &str) -> String {
        let answer = self.run(words);
        assert_eq!(answer.status, 0, "ykman {words}: {answer:#?}");
        answer.stdout + &answer.stderr
    }

    /// As [`Self::run`], where it must fail; what it printed.
    pub(crate) fn fails(&self, words: &str) -> String {
        let answer = self.run(words);
        assert_ne!(answer.status, 0, "ykman {words}: {answer:#?}");
        answer.stdout + &answer.stderr
    }
}

#[track_caller]
fn assert_says(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "not {line:?} in: {said}");
    }
}

#[test]
fn ykman_knows_a_5_4_yubikey() {
    knows(OLDER, "5.4.3", "TDES");
}

#[test]
fn ykman_knows_a_5_7_yubikey() {
    knows(NEWER, "5.7.1", "AES192");
}

fn knows(firmware: Firmware, version: &str, management_key: &str) {
    let Some(ykman) = Ykman::new(firmware, &["openssl"]) else {
        return;
    };
    let (serial, other) = (
        ykman.stage.serial(),
        ykman.stage.other.profile().serial.to_string(),
    );
    let serials = ykman.stage.run(&ykman.program, &["list", "--serials"]);
    assert_eq!(serials.stdout, format!("{serial}\n{other}\n"));
    let info = ykman.ok("info");
    let version_line = format!("Firmware version: {version}");
    let serial_line = format!("Serial number: {serial}");
    let device = ["Device type: YubiKey 5C", "Form factor: Keychain (USB-C)"];
    assert_says(&info, &[&version_line, &serial_line, device[0], device[1]]);
    let piv = ykman.ok("piv info");
    let version = format!("PIV version:              {version}");
    let management_key = format!("Management key algorithm: {management_key}");
    let counters = [
        "PIN tries remaining:      3/3",
        "PUK tries remaining:      3/3",
    ];
    let defaults = [
        "Using default PIN!",
        "Using default PUK!",
        "Using default Management key!",
    ];
    assert_says(&piv, &[&version, &management_key]);
    assert_says(&piv, &counters);
    assert_says(&piv, &defaults);
}

#[test]
fn ykman_makes_and_attests_keys_on_5_4() {
    makes_keys(OLDER, &["ECCP256", "ECCP384", "RSA2048"]);
}

#[test]
fn ykman_makes_and_attests_keys_on_5_7() {
    makes_keys(NEWER, &["ECCP256", "ECCP384", "RSA2048", "ED25519"]);
}

fn makes_keys(firmware: Firmware, algorithms: &[&str]) {
    let Some(ykman) = Ykman::new(firmware, &["openssl"]) else {
        return;
    };
    let stage = &ykman.stage;
    ykman.ok("piv certificates export f9 f9.pem");
    for (slot, algorithm) in ["9a", "9c", "9d", "82"].iter().zip(algorithms) {
        let key = format!("-m {MANAGEMENT_KEY}");
        ykman.ok(&format!(
            "piv keys generate {key} -a {algorithm} --touch-policy always {slot} public.pem"
        ));
        ykman.ok(&format!(
            "piv certificates generate {key} -P {PIN} -s CN={algorithm} {slot} public.pem"
        ));
        ykman.ok(&format!("piv certificates export {slot} certificate.pem"));
        assert!(stage.is_self_signed("certificate.pem"), "{algorithm}");
        let public_key = stage.read("public.pem");
        assert_eq!(stage.public_key_of("certificate.pem"), public_key);
        ykman.ok(&format!("piv keys export {slot} again.pem"));
        assert_eq!(stage.read("again.pem"), public_key);
        ykman.ok(&format!("piv keys attest {slot} attestation.pem"));
        assert!(stage.attests("attestation.pem", "f9.pem"), "{algorithm}");
        assert_eq!(stage.public_key_of("attestation.pem"), public_key);
        let info = ykman.ok(&format!("piv keys info {slot}"));
        assert_says(&info, &[algorithm, "GENERATED", "ALWAYS"]);
    }
    let listed = ykman.ok("piv info");
    for algorithm in algorithms {
        assert_says(&listed, &[&format!("Subject DN:       CN={algorithm}")]);
    }
    assert!(stage.yubikey.touches_wanted() >= algorithms.len() as u64);
}

#[test]
fn ykman_imports_a_key_that_then_can_not_be_attested() {
    let Some(ykman) = Ykman::new(NEWER, &["openssl"]) else {
        return;
    };
    let made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=imported \
                -keyout private.pem -out certificate.pem";
    let made = ykman.stage.run("openssl", &words(made));
    assert_eq!(made.status, 0, "{made:?}");
    let key = format!("-m {MANAGEMENT_KEY}");
    ykman.ok(&format!("piv keys import {key} 9a private.pem"));
    ykman.ok(&format!(
        "piv certificates import {key} --verify -P {PIN} 9a certificate.pem"
    ));
    ykman.fails("piv keys attest 9a attestation.pem");
    assert_says(&ykman.ok("piv keys info 9a"), &["IMPORTED"]);
    ykman.ok(&format!("piv keys move {key} 9a 82"));
    ykman.fails("piv keys info 9a");
    assert_says(&ykman.ok("piv keys info 82"), &["IMPORTED"]);
    ykman.ok(&format!("piv keys delete {key} 82"));
    ykman.fails("piv keys info 82");
}

#[test]
fn ykman_changes_pins_and_keys_of_5_4() {
    changes_pins(OLDER);
}

#[test]
fn ykman_changes_pins_and_keys_of_5_7() {
    changes_pins(NEWER);
}

fn changes_pins(firmware: Firmware) {
    let Some(ykman) = Ykman::new(firmware, &["openssl"]) else {
        return;
    };
    let yubikey = &ykman.stage.yubikey;
    ykman.ok(&format!("piv access change-pin -P {PIN} -n 654321"));
    let wrong = ykman.fails(&format!("piv access change-pin -P {PIN} -n 222222"));
    assert_says(&wrong, &["2 tries left"]);
    assert_eq!(yubikey.pin_tries(), 2);
    for _ in 0..2 {
        ykman.fails(&format!("piv access change-pin -P {PIN} -n 222222"));
    }
    assert_eq!(yubikey.pin_tries(), 0);
    ykman.fails("piv access change-pin -P 654321 -n 222222");
    ykman.ok(&format!("piv access change-puk -p {PUK} -n 87654321"));
    ykman.fails(&format!("piv access unblock-pin -p {PUK} -n 222222"));
    assert_eq!(yubikey.puk_tries(), 2);
    ykman.ok("piv access unblock-pin -p 87654321 -n 222222");
    assert_eq!((yubikey.pin_tries(), yubikey.puk_tries()), (3, 3));

    let change = "piv access change-management-key";
    ykman.ok(&format!(
        "{change} -m {MANAGEMENT_KEY} -n {OTHER_MANAGEMENT_KEY}"
    ));
    let retries = "piv access set-retries -f";
    ykman.fails(&format!("{retries} -m {MANAGEMENT_KEY} -P 222222 5 6"));
    ykman.ok(&format!(
        "{retries} -m {OTHER_MANAGEMENT_KEY} -P 222222 5 6"
    ));
    ykman.ok(&format!(
        "{change} -m {OTHER_MANAGEMENT_KEY} -P {PIN} --protect --generate -a AES256"
    ));
    let info = ykman.ok("piv info");
    let told = [
        "PIN tries remaining:      5/5",
        "PUK tries remaining:      6/6",
        "Management key algorithm: AES256",
        "Management key is stored on the YubiKey, protected by PIN",
    ];
    assert_says(&info, &told);
    ykman.ok(&format!("piv keys generate -P {PIN} 9a public.pem"));
    ykman.ok("piv reset -f");
    let info = ykman.ok("piv info");
    let new = [
        "PIN tries remaining:      3/3",
        "Using default Management key!",
    ];
    assert_says(&info, &new);
    ykman.fails("piv keys info 9a");
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
