//! The proof of where a key was made, where a module shows it.

use privyseal_proto::v1::AttestRequest;
use privyseal_tests::openssl;
use virtual_yubikey::{Algorithm, PinPolicy, TouchPolicy};

use crate::stage::{Module, Plan, SIGNATURE, Stage};

fn with_policies(module: Module) -> Option<Stage> {
    Stage::new(&Plan {
        keys: &[
            (
                0x9A,
                Algorithm::Rsa2048,
                PinPolicy::Once,
                TouchPolicy::Never,
            ),
            (
                0x9C,
                Algorithm::P256,
                PinPolicy::Always,
                TouchPolicy::Cached,
            ),
        ],
        ..Plan::new(module)
    })
}

fn request() -> AttestRequest {
    AttestRequest {
        key: "key".to_owned(),
        again: true,
    }
}

#[test]
fn ykcs11_shows_the_attestation_and_the_way_to_its_root() {
    let Some(stage) = with_policies(Module::Ykcs11) else {
        return;
    };
    let (rpc, _) = (stage.rpc(), stage.repository(SIGNATURE));
    let mut keys = rpc.keys_service();
    let reply = rpc.wait(async { keys.attest(request()).await }).unwrap();
    let proved = reply.attestation.unwrap();
    assert_eq!(proved.serial, stage.yubikey.profile().serial.to_string());
    assert_eq!(
        (proved.slot.as_str(), proved.firmware.as_str()),
        ("9c", "5.4.3")
    );
    assert_eq!(
        (proved.pin_policy.as_str(), proved.touch_policy.as_str()),
        ("always", "cached")
    );
    // OpenSSL follows it to the maker's root.
    let chain = stage.sandbox.write("chain.pem", &proved.chain);
    let chain = chain.to_str().unwrap();
    let root = stage.sandbox.join("attestation-root.pem");
    let root = root.to_str().unwrap();
    let way = ["verify", "-CAfile", root, "-untrusted", chain, chain];
    assert!(openssl::agrees(&way));
}

#[test]
fn opensc_shows_none_and_the_agent_says_so() {
    let Some(stage) = with_policies(Module::OpenSc) else {
        return;
    };
    let (rpc, _) = (stage.rpc(), stage.repository(SIGNATURE));
    let mut keys = rpc.keys_service();
    let refused = rpc
        .wait(async { keys.attest(request()).await })
        .unwrap_err();
    assert_eq!(refused.reason, "NO_ATTESTATION", "{refused:?}");
    for word in ["opensc-pkcs11.so", "ykcs11", "`piv`"] {
        assert!(refused.message.contains(word), "{refused:?}");
    }
}
