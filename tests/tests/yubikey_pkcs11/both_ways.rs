//! One key, through PKCS#11 and over PIV: both ways make signatures that everybody takes.

use std::path::Path;

use privyseal_tests::agent::Agent;
use privyseal_tests::metadata;
use privyseal_tests::openssl;
use privyseal_tests::setup::Setup;
use privyseal_tests::token::Tokens;

use crate::stage::{KEYSTORE, Module, Plan, SERIAL, SIGNATURE, Stage, repository};

/// Another agent, which holds the same YubiKey over PIV.
fn over_piv(stage: &Stage) -> Agent {
    let token = Tokens::new(&stage.sandbox, "other-tokens").token("two");
    let pin: &Path = &stage.sandbox.join("yubikey.pin");
    let setup = Setup::new(&token)
        .environment("PCSCLITE_CSOCK_NAME", stage.plugboard.socket())
        .section(&format!(
            "[[keystore]]\nname = \"{KEYSTORE}\"\nkind = \"piv\"\nserial = {SERIAL}\n\
             pin = {{ file = \"{}\" }}\naccept_factory = [\"pin\", \"puk\", \"management-key\"]",
            pin.display()
        ));
    Agent::running(&stage.sandbox, "other", &setup)
}

#[test]
fn signatures_from_either_way_verify_alike() {
    for module in Module::ALL {
        let Some(stage) = Stage::new(&Plan::new(module)) else {
            return;
        };
        let other = over_piv(&stage);
        let one = repository(&stage.rpc(), "key", SIGNATURE);
        let key = one.key("targets").clone();
        let two = repository(&other.rpc(), "key", "9c");
        assert_eq!(two.key("targets").tuf_key, key.tuf_key);
        // They take turns at the card: neither takes the PIN, or the card, from the other.
        for version in 1..=3 {
            let document = metadata::targets(version, &[]);
            for (rpc, repository) in [(stage.rpc(), &one), (other.rpc(), &two)] {
                let signed = repository.sign(&rpc, "targets", &document).unwrap();
                assert!(openssl::verifies(&key, &document, &signed), "{module:?}");
            }
        }
        assert_eq!(stage.yubikey.pin_tries(), 3);
    }
}
