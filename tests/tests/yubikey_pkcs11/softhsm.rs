//! Keys of SoftHSM2 that want their PIN before each signature.

use privyseal_tests::stage::Stage;
use privyseal_tests::{metadata, openssl, pkcs11_tool};

use crate::stage::{existing, of_key};

fn made(stage: &Stage, name: &str, id: &str, kind: &str) {
    let new = ["--keypairgen", "--key-type", kind, "--always-auth"];
    let named = ["--usage-sign", "--id", id, "--label", name];
    pkcs11_tool::run(&stage.token, &[&new[..], &named].concat());
}

#[test]
fn rsa_signs_with_the_pin_before_each_signature() {
    let Some(stage) = Stage::new() else { return };
    made(&stage, "key", "0a", "rsa:2048");
    let rpc = stage.rpc();
    let mut request = existing("key", "0a");
    "hsm".clone_into(&mut request.keystore);
    let key = rpc.enroll_key(request).unwrap();
    let repository = of_key(&rpc, &key);
    for version in 1..=2 {
        let document = metadata::targets(version, &[]);
        let signed = repository.sign(&rpc, "targets", &document).unwrap();
        assert!(openssl::verifies(&key, &document, &signed));
    }
}

/// SoftHSM2 has CKM_ECDSA alone, which does not sign in parts, and no other call can be made here
/// between the PIN and the signature.
#[test]
fn ecdsa_and_ed25519_are_refused_before_anything_is_recorded() {
    let Some(stage) = Stage::new() else { return };
    for (name, id, kind) in [
        ("ec", "0a", "EC:prime256v1"),
        ("ed", "0b", "EC:edwards25519"),
    ] {
        made(&stage, name, id, kind);
        let mut request = existing(name, id);
        "hsm".clone_into(&mut request.keystore);
        let refused = stage.rpc().enroll_key(request).unwrap_err();
        assert_eq!(refused.reason, "MECHANISM_UNSUPPORTED", "{refused:?}");
        assert!(
            refused.message.contains("CKA_ALWAYS_AUTHENTICATE"),
            "{refused:?}"
        );
    }
}
