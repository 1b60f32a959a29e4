//! Two PKCS#11 modules for YubiKeys, Yubico's `ykcs11` and OpenSC's, used with `pkcs11-tool`; and
//! OpenSC's `pkcs15-tool`.

use privyseal_tests::client::Answer;
use virtual_yubikey::Firmware;

use crate::stage::{MANAGEMENT_KEY, NEWER, OLDER, PIN, Stage, library};
use crate::ykman::Ykman;

fn module(name: &str) -> Option<String> {
    let architecture = std::env::consts::ARCH;
    let paths = [
        format!("/usr/lib/{architecture}-linux-gnu/{name}.so"),
        format!("/usr/lib/{name}.so"),
    ];
    library(name, &paths).map(|path| path.to_str().unwrap().to_owned())
}

impl Stage {
    fn pkcs11(&self, module: &str, words: &str) -> Answer {
        // The slots come in the order of the readers.
        let mut arguments = vec!["--module", module, "--slot-index", "0"];
        arguments.extend(words.split_whitespace());
        self.run("pkcs11-tool", &arguments)
    }

    fn pkcs11_ok(&self, module: &str, words: &str) -> String {
        let answer = self.pkcs11(module, words);
        assert_eq!(answer.status, 0, "{module} {words}: {answer:#?}");
        answer.stdout
    }
}

/// Keys and certificates by ykman, as a user has them who comes to PKCS#11: in 9A one of P-256, in 9C
/// one of RSA, which wants the PIN for each signature.
fn with_keys(firmware: Firmware, programs: &[&str]) -> Option<Ykman> {
    let ykman = Ykman::new(firmware, programs)?;
    for (slot, algorithm) in [("9a", "ECCP256"), ("9c", "RSA2048")] {
        let key = format!("-m {MANAGEMENT_KEY}");
        ykman.ok(&format!(
            "piv keys generate {key} -a {algorithm} {slot} {slot}.public"
        ));
        ykman.ok(&format!(
            "piv certificates generate {key} -P {PIN} -s CN={slot} {slot} {slot}.public"
        ));
    }
    ykman.stage.sandbox.write("message", "a message");
    Some(ykman)
}

#[test]
fn ykcs11_signs_with_a_5_4_yubikey() {
    signs(OLDER, "libykcs11");
}

#[test]
fn ykcs11_signs_with_a_5_7_yubikey() {
    signs(NEWER, "libykcs11");
}

#[test]
fn opensc_signs_with_a_5_4_yubikey() {
    signs(OLDER, "opensc-pkcs11");
}

#[test]
fn opensc_signs_with_a_5_7_yubikey() {
    signs(NEWER, "opensc-pkcs11");
}

/// With both keys, as OpenSSL finds; and not with a wrong PIN.
fn signs(firmware: Firmware, name: &str) {
    let Some(module) = module(name) else { return };
    let Some(ykman) = with_keys(firmware, &["openssl", "pkcs11-tool"]) else {
        return;
    };
    let stage = &ykman.stage;
    let listed = stage.pkcs11_ok(&module, "--list-objects --type cert");
    assert!(
        listed.contains("CN=9a") && listed.contains("CN=9c"),
        "{listed}"
    );
    let digest = stage.run(
        "openssl",
        &["dgst", "-sha256", "-binary", "-out", "digest", "message"],
    );
    assert_eq!(digest.status, 0);
    let sign = format!("--login --pin {PIN} --sign");
    let ecdsa = "-m ECDSA --signature-format openssl --id 01 -i digest -o by-9a";
    stage.pkcs11_ok(&module, &format!("{sign} {ecdsa}"));
    assert!(stage.signed("9a.public", "message", "by-9a"));
    let rsa = "-m SHA256-RSA-PKCS --id 02 -i message -o by-9c";
    stage.pkcs11_ok(&module, &format!("{sign} {rsa}"));
    assert!(stage.signed("9c.public", "message", "by-9c"));

    let wrong = stage.pkcs11(&module, &format!("--login --pin 999999 --sign {ecdsa}"));
    assert!(wrong.stderr.contains("CKR_PIN_INCORRECT"), "{wrong:#?}");
    assert_eq!(stage.yubikey.pin_tries(), 2);
}

#[test]
fn ykcs11_makes_keys_on_a_5_4_yubikey() {
    let Some(module) = module("libykcs11") else {
        return;
    };
    let Some(stage) = Stage::new(OLDER, &["openssl", "pkcs11-tool"]) else {
        return;
    };
    // The management key is 3DES: 2.2.0 knows no other.
    let login = format!("--login --login-type so --so-pin {MANAGEMENT_KEY}");
    for (id, kind) in [("03", "EC:secp384r1"), ("05", "rsa:2048")] {
        stage.pkcs11_ok(
            &module,
            &format!("{login} --keypairgen --key-type {kind} --id {id}"),
        );
        let listed = stage.pkcs11_ok(&module, "--list-objects --type pubkey");
        assert!(listed.contains(&format!("ID:         {id}")), "{listed}");
    }
}

#[test]
fn opensc_reads_what_is_on_both() {
    for firmware in [OLDER, NEWER] {
        let Some(ykman) = with_keys(firmware, &["openssl", "opensc-tool", "pkcs15-tool"]) else {
            return;
        };
        let stage = &ykman.stage;
        let named = stage.run("opensc-tool", &["--reader", "0", "--name"]);
        assert_eq!(named.stdout, "Personal Identity Verification Card\n");
        let tool = |words: &str| {
            let mut arguments = vec!["--reader", "0"];
            arguments.extend(words.split_whitespace());
            let answer = stage.run("pkcs15-tool", &arguments);
            assert_eq!(answer.status, 0, "pkcs15-tool {words}: {answer:#?}");
            answer.stdout
        };
        let keys = tool("--list-keys");
        assert!(keys.contains("Private EC Key [PIV AUTH key]"), "{keys}");
        assert!(keys.contains("Private RSA Key [SIGN key]"), "{keys}");
        assert_eq!(tool("--read-public-key 01"), stage.read("9a.public"));
        assert_eq!(tool("--read-public-key 02"), stage.read("9c.public"));
        tool(&format!("--verify-pin --auth-id 01 --pin {PIN}"));
    }
}
