//! Yubico's program for scripts, `yubico-piv-tool`. Debian 12's, 2.2.0, is of 2020: it knows no
//! management key but 3DES, and no firmware 5.7.

use virtual_yubikey::Firmware;

use crate::stage::{MANAGEMENT_KEY, NEWER, OLDER, PIN, PUK, Stage};

const TOOL: &str = "yubico-piv-tool";

fn stage(firmware: Firmware) -> Option<Stage> {
    Stage::new(firmware, &[TOOL, "openssl"])
}

impl Stage {
    /// Runs it on the first reader; what it printed.
    fn tool(&self, words: &str) -> String {
        let reader = self.plugboard.reader(&self.yubikey);
        let mut arguments = vec!["--reader", &reader];
        arguments.extend(words.split_whitespace());
        let answer = self.run(TOOL, &arguments);
        assert_eq!(answer.status, 0, "{TOOL} {words}: {answer:#?}");
        answer.stdout + &answer.stderr
    }
}

#[test]
fn yubico_piv_tool_makes_and_attests_a_key() {
    let Some(stage) = stage(OLDER) else { return };
    let status = stage.tool("-a status");
    assert!(status.contains("5.4.3"), "{status}");
    assert!(status.contains(&stage.serial()), "{status}");
    stage.tool(&format!("-a set-chuid -a set-ccc --key={MANAGEMENT_KEY}"));
    stage.tool("-a generate -s 9a -A ECCP256 -o public.pem");
    stage.tool("-a read-certificate -s f9 -o f9.pem");
    stage.tool("-a attest -s 9a -o attestation.pem");
    assert!(stage.attests("attestation.pem", "f9.pem"));
    assert_eq!(
        stage.public_key_of("attestation.pem"),
        stage.read("public.pem")
    );
    stage.sandbox.write("message", "a message");
    stage.tool(&format!(
        "-a verify-pin -P {PIN} --sign -s 9a -A ECCP256 -H SHA256 -i message -o signature"
    ));
    assert!(stage.signed("public.pem", "message", "signature"));
}

#[test]
fn yubico_piv_tool_imports_a_key_and_tests_its_signature() {
    let Some(stage) = stage(OLDER) else { return };
    for (slot, kind) in [
        ("9c", "ec -pkeyopt ec_paramgen_curve:P-384"),
        ("9e", "rsa:2048"),
    ] {
        let made = format!(
            "req -x509 -newkey {kind} -nodes -subj /CN=imported -keyout private.pem \
             -out certificate.pem"
        );
        let made: Vec<_> = made.split_whitespace().collect();
        assert_eq!(stage.run("openssl", &made).status, 0);
        stage.tool(&format!("-a import-key -s {slot} -i private.pem"));
        stage.tool(&format!(
            "-a import-certificate -s {slot} -i certificate.pem"
        ));
        let said = stage.tool(&format!(
            "-a verify-pin -P {PIN} -a test-signature -s {slot} -i certificate.pem"
        ));
        assert!(said.contains("verification."), "{said}");
    }
}

#[test]
fn yubico_piv_tool_changes_pins_of_both() {
    for firmware in [OLDER, NEWER] {
        let Some(stage) = stage(firmware) else { return };
        stage.tool(&format!("-a change-pin -P {PIN} -N 654321"));
        stage.tool("-a verify-pin -P 654321");
        stage.tool(&format!("-a change-puk -P {PUK} -N 87654321"));
        stage.tool("-a unblock-pin -P 87654321 -N 222222");
        stage.tool("-a verify-pin -P 222222");
        assert_eq!(stage.yubikey.pin_tries(), 3);
    }
}
