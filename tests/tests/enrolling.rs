//! Keys that are enrolled at the same time in two keystores.

use std::fs;
use std::thread;
use std::time::Duration;

use privyseal_proto::v1::Key;
use privyseal_tests::agent::Agent;
use privyseal_tests::require::{self, SOFTHSM};
use privyseal_tests::rpc::Answer;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::Setup;
use privyseal_tests::shim::{Fault, Shim};
use privyseal_tests::token::Tokens;
use privyseal_tests::wait;

const REPOSITORY: &str = "example.org/app";

/// An agent with a keystore `hsm` behind a shim, and another, `second`.
struct Stage {
    agent: Agent,
    shim: Shim,
    _sandbox: Sandbox,
}

impl Stage {
    /// Says that the test is skipped where there is no SoftHSM2.
    fn new() -> Option<Self> {
        if !require::softhsm() {
            return None;
        }
        let sandbox = Sandbox::new();
        let tokens = Tokens::new(&sandbox, "tokens");
        let (one, two) = (tokens.token("one"), tokens.token("two"));
        let shim = Shim::new(&sandbox.directory("shim"), SOFTHSM.as_ref());
        // A copy is another library to the loader, with a state of its own.
        let copy = sandbox.join("libsofthsm2-copy.so");
        fs::copy(SOFTHSM, &copy).unwrap();
        let second = format!(
            "[[keystore]]\nname = \"second\"\nkind = \"pkcs11\"\nmodule = \"{}\"\n\
             token = \"{}\"\npin = {{ file = \"{}\" }}\n",
            copy.display(),
            two.uri(),
            two.pin_file().display()
        );
        let setup = Setup::new(&one).shim(&shim).section(&second);
        let agent = Agent::running(&sandbox, "agent", &setup);
        Some(Self {
            agent,
            shim,
            _sandbox: sandbox,
        })
    }

    fn generate(&self, keystore: &str, name: &str) -> Answer<Key> {
        let rpc = self.agent.rpc();
        rpc.generate_in(keystore, name, "ecdsa-p256", REPOSITORY)
    }

    /// Begins to make the key `slow` in `hsm`, which takes so long.
    fn begin(&self, time: Duration) -> thread::JoinHandle<Answer<Key>> {
        let before = self.shim.calls("C_GenerateKeyPair").unwrap();
        let fault = ("C_GenerateKeyPair", None, Fault::Sleep(time));
        self.shim.inject(&[fault]).unwrap();
        let rpc = self.agent.rpc();
        let making =
            thread::spawn(move || rpc.generate_in("hsm", "slow", "ecdsa-p256", REPOSITORY));
        wait::until("the token to make it", || {
            (self.shim.calls("C_GenerateKeyPair").unwrap() > before).then_some(())
        });
        making
    }
}

#[test]
fn a_slow_token_holds_up_no_enrolment_in_another() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let making = stage.begin(Duration::from_secs(60));
    stage.generate("second", "quick").unwrap();
    let keys = stage.agent.rpc().keys().unwrap();
    assert!(keys.iter().any(|key| key.name == "quick"));
    assert!(!keys.iter().any(|key| key.name == "slow"));
    stage.agent.kill();
    making.join().unwrap().unwrap_err();
}

#[test]
fn a_name_is_given_once_over_all_keystores() {
    let Some(stage) = Stage::new() else { return };
    let making = stage.begin(Duration::from_secs(1));
    let refusal = stage.generate("second", "slow").unwrap_err();
    assert_eq!(refusal.reason, "NAME_TAKEN");
    assert_eq!(making.join().unwrap().unwrap().keystore, "hsm");
}
