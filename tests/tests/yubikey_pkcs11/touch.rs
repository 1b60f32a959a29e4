//! Keys that want a touch, through a module that only blocks until it comes.

use std::thread;
use std::time::Duration;

use privyseal_proto::v1::waiting::Kind;
use privyseal_tests::{metadata, openssl, wait};
use virtual_yubikey::{Algorithm, PinPolicy, Touch, TouchPolicy};

use crate::stage::{Module, Plan, SIGNATURE, Stage, sign};

const PATIENCE: Duration = Duration::from_secs(60);

fn with_touch(module: Module, pin: PinPolicy, deadline: &str) -> Option<Stage> {
    Stage::new(&Plan {
        keys: &[(0x9C, Algorithm::P256, pin, TouchPolicy::Always)],
        more: &format!("holds_root_keys = false\ndeadline = \"{deadline}\""),
        ..Plan::new(module)
    })
}

/// ykcs11 shows the attestation, which tells of the touch.
#[test]
fn a_touch_is_announced_and_waited_for() {
    for pin in [PinPolicy::Once, PinPolicy::Always] {
        let Some(stage) = with_touch(Module::Ykcs11, pin, "5s") else {
            return;
        };
        let (rpc, repository) = (stage.rpc(), stage.repository(SIGNATURE));
        let key = repository.key("targets");
        let document = metadata::targets(1, &[]);
        let request = repository.request("targets", &key.name, &document);
        stage.yubikey.set_touch(Touch::Wait);
        let (heard, signed) = thread::scope(|scope| {
            let asking = scope.spawn(|| sign(&rpc, request));
            assert!(stage.yubikey.wait_until_touch_is_wanted(PATIENCE));
            stage.wait_for(Kind::Touch);
            assert!(stage.yubikey.touch());
            asking.join().unwrap()
        });
        assert_eq!(heard, [Kind::Touch]);
        assert!(openssl::verifies(key, &document, &signed.unwrap()));
    }
}

/// The module's call takes longer than the keystore's deadline, and nobody takes it for broken.
#[test]
fn the_time_for_a_touch_comes_on_top_of_the_deadline() {
    for pin in [PinPolicy::Once, PinPolicy::Always] {
        let Some(stage) = with_touch(Module::Ykcs11, pin, "300ms") else {
            return;
        };
        let (rpc, repository) = (stage.rpc(), stage.repository(SIGNATURE));
        let key = repository.key("targets");
        let document = metadata::targets(1, &[]);
        let request = repository.request("targets", &key.name, &document);
        stage
            .yubikey
            .set_touch(Touch::After(Duration::from_millis(700)));
        let (heard, signed) = sign(&rpc, request);
        assert_eq!(heard, [Kind::Touch]);
        assert!(openssl::verifies(key, &document, &signed.unwrap()));
        assert!(!stage.agent.log().contains("does not return"));
    }
}

#[test]
fn a_touch_that_nobody_gave_is_named_and_the_next_request_signs() {
    for (module, reason) in [
        (Module::Ykcs11, "TOUCH_TIMEOUT"),
        // Nothing tells it that the key wants one.
        (Module::OpenSc, "KEYSTORE_REFUSED"),
    ] {
        let Some(stage) = with_touch(module, PinPolicy::Always, "5s") else {
            return;
        };
        let (rpc, repository) = (stage.rpc(), stage.repository(SIGNATURE));
        let key = repository.key("targets");
        let document = metadata::targets(1, &[]);
        let request = || repository.request("targets", &key.name, &document);
        stage.yubikey.set_touch(Touch::Never);
        let (_, refused) = sign(&rpc, request());
        let refused = refused.unwrap_err();
        assert_eq!(refused.reason, reason, "{refused:?}");
        assert!(refused.message.contains("touch"), "{refused:?}");
        assert_eq!(stage.yubikey.pin_tries(), 3);
        stage.yubikey.set_touch(Touch::Automatic);
        // OpenSC's module has lost its login, and the agent logs in again.
        let signed = wait::until("a signature", || match sign(&rpc, request()).1 {
            Ok(signed) => Some(signed),
            Err(refused) => {
                assert_eq!(refused.retry, "safe", "{refused:?}");
                None
            }
        });
        assert!(openssl::verifies(key, &document, &signed));
    }
}
