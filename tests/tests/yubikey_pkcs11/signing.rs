//! Keys that want their PIN before each signature, with the PIN in a file.

use std::process::Command;

use privyseal_proto::v1::certify_request::Kind;
use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::{CertifyRequest, EnrollKeyRequest};
use privyseal_tests::{metadata, openssl, wait};
use virtual_yubikey::{Algorithm, PinPolicy, TouchPolicy};

use crate::stage::{
    AUTHENTICATION, IMAGES, KEYSTORE, Module, PIN, Plan, SIGNATURE, Stage, existing,
};

/// In 9C, with this algorithm.
fn in_9c(algorithm: Algorithm) -> [(u8, Algorithm, PinPolicy, TouchPolicy); 1] {
    [(0x9C, algorithm, PinPolicy::Always, TouchPolicy::Never)]
}

/// Three signatures, each for one PIN, as OpenSSL finds; and the next start of the agent signs, too.
fn signs(module: Module, algorithm: Algorithm, more: &str) {
    let plan = Plan {
        keys: &in_9c(algorithm),
        more,
        ..Plan::new(module)
    };
    let Some(mut stage) = Stage::new(&plan) else {
        return;
    };
    let repository = stage.repository(SIGNATURE);
    let key = repository.key("targets").clone();
    for version in 1..=2 {
        let before = stage.yubikey.verify_count();
        // More bytes than a card takes at once: it gets their digest alone.
        let content = [7; 100];
        let names: Vec<String> = (0..500).map(|n| format!("{version}/{n}")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &content[..])).collect();
        let document = metadata::targets(version, &files);
        let signed = repository.sign(&stage.rpc(), "targets", &document).unwrap();
        assert!(openssl::verifies(&key, &document, &signed));
        assert_eq!(stage.yubikey.verify_count(), before + 1);
        if version == 1 {
            stage.agent.restart();
        }
    }
    assert_eq!(stage.yubikey.pin_tries(), 3);
}

#[test]
fn ykcs11_signs_with_p256() {
    signs(Module::Ykcs11, Algorithm::P256, "");
}

#[test]
fn ykcs11_signs_with_rsa() {
    signs(
        Module::Ykcs11,
        Algorithm::Rsa2048,
        "holds_root_keys = false",
    );
}

#[test]
fn opensc_signs_with_p256() {
    signs(Module::OpenSc, Algorithm::P256, "holds_root_keys = false");
}

#[test]
fn opensc_signs_with_rsa() {
    signs(Module::OpenSc, Algorithm::Rsa2048, "");
}

/// Only image repositories have keys of P-384: a root key's certificate is what one signs.
#[test]
fn both_modules_sign_with_p384() {
    for module in Module::ALL {
        let plan = Plan {
            keys: &in_9c(Algorithm::P384),
            ..Plan::new(module)
        };
        let Some(stage) = Stage::new(&plan) else {
            return;
        };
        let name = "reg.example.test/app";
        let enrolled = stage.rpc().enroll_key(EnrollKeyRequest {
            purpose: "trust".to_owned(),
            role: "root".to_owned(),
            authority: IMAGES.to_owned(),
            repository: name.to_owned(),
            ..existing("key", SIGNATURE)
        });
        assert_eq!(enrolled.unwrap().algorithm, "ecdsa-p384");
        let certified = stage.rpc().certify(CertifyRequest {
            key: "key".to_owned(),
            kind: Kind::Certificate.into(),
            common_name: name.to_owned(),
            days: 0,
        });
        let pem = stage
            .sandbox
            .write("certificate.pem", certified.unwrap().pem);
        let pem = pem.to_str().unwrap();
        let own = ["verify", "-check_ss_sig", "-CAfile", pem, pem];
        assert!(openssl::agrees(&own), "{module:?}");
    }
}

/// ykcs11 says of the keys in 9C alone that they want it.
#[test]
fn a_pin_that_only_the_attestation_speaks_of_is_given_as_well() {
    let plan = Plan {
        keys: &[(0x9A, Algorithm::P256, PinPolicy::Always, TouchPolicy::Never)],
        ..Plan::new(Module::Ykcs11)
    };
    let Some(stage) = Stage::new(&plan) else {
        return;
    };
    let repository = stage.repository(AUTHENTICATION);
    for version in 1..=2 {
        let document = metadata::targets(version, &[]);
        let signed = repository.sign(&stage.rpc(), "targets", &document).unwrap();
        assert!(openssl::verifies(
            repository.key("targets"),
            &document,
            &signed
        ));
    }
}

/// Somebody else, with another program, gives two wrong PINs of three.
fn two_wrong_pins(stage: &Stage) {
    for wrong in ["999991", "999992"] {
        let tried = Command::new("yubico-piv-tool")
            .env("PCSCLITE_CSOCK_NAME", stage.plugboard.socket())
            .args(["-a", "verify-pin", "-P", wrong])
            .output()
            .unwrap();
        assert!(!tried.status.success());
    }
    assert_eq!(stage.yubikey.pin_tries(), 1);
}

#[test]
fn the_last_try_is_left_to_a_person() {
    for module in Module::ALL {
        let Some(mut stage) = Stage::new(&Plan::new(module)) else {
            return;
        };
        assert!(stage.agent.stop().success());
        two_wrong_pins(&stage);
        stage.agent.start_without_token();
        wait::until("the keystore to refuse the PIN", || {
            (stage.status().state() == State::PinRefused).then_some(())
        });
        let refused = stage.rpc().unlock(KEYSTORE, PIN).unwrap_err();
        assert_eq!(refused.reason, "PIN_FINAL_TRY", "{module:?}");
        assert_eq!(stage.yubikey.pin_tries(), 1);
    }
}

/// OpenSC's module asks the card each time; ykcs11 asks it no more once it is logged in.
#[test]
fn opensc_tells_a_keystore_that_is_logged_in_of_the_last_try() {
    let Some(stage) = Stage::new(&Plan::new(Module::OpenSc)) else {
        return;
    };
    let repository = stage.repository(SIGNATURE);
    two_wrong_pins(&stage);
    let before = stage.yubikey.verify_count();
    let document = metadata::targets(1, &[]);
    let refused = repository.sign(&stage.rpc(), "targets", &document);
    assert_eq!(refused.unwrap_err().reason, "PIN_FINAL_TRY");
    assert_eq!(stage.yubikey.verify_count(), before);
}

/// A card forgets who is logged in when another program gives it a wrong PIN.
#[test]
fn a_login_that_the_card_forgot_is_made_again() {
    for module in Module::ALL {
        let plan = Plan {
            keys: &[(0x9A, Algorithm::P256, PinPolicy::Once, TouchPolicy::Never)],
            more: "holds_root_keys = false",
            ..Plan::new(module)
        };
        let Some(stage) = Stage::new(&plan) else {
            return;
        };
        let (rpc, repository) = (stage.rpc(), stage.repository(AUTHENTICATION));
        repository
            .sign(&rpc, "targets", &metadata::targets(1, &[]))
            .unwrap();
        let wrong = Command::new("yubico-piv-tool")
            .env("PCSCLITE_CSOCK_NAME", stage.plugboard.socket())
            .args(["-a", "verify-pin", "-P", "999991"])
            .output()
            .unwrap();
        assert!(!wrong.status.success() && !stage.yubikey.pin_is_verified());
        let document = metadata::targets(2, &[]);
        wait::until("a signature", || {
            repository.sign(&rpc, "targets", &document).ok()
        });
        assert_eq!(stage.yubikey.pin_tries(), 3);
    }
}
