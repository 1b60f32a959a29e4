//! A token that is absent, comes, goes, is swapped, doubled or emptied, under a running agent.

#[cfg(test)]
mod suite {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use privyseal_proto::v1::keystore_status::State;
    use privyseal_proto::v1::{Key, KeystoreStatus, Signed};
    use privyseal_tests::agent::Agent;
    use privyseal_tests::repository::Repository;
    use privyseal_tests::require::SOFTHSM;
    use privyseal_tests::rpc::Rpc;
    use privyseal_tests::sandbox::Sandbox;
    use privyseal_tests::setup::Setup;
    use privyseal_tests::shim_stage::ShimStage;
    use privyseal_tests::token::{Tokens, write_secret};
    use privyseal_tests::{metadata, openssl, pkcs11_tool, require, wait};
    use tonic::Code;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::health_client::HealthClient;

    /// A token that came back is used without a person.
    const ONLINE: &str = "holds_root_keys = false";

    /// No token takes so long; the target is two seconds, and the time is printed.
    const HANG: Duration = Duration::from_secs(10);

    fn serving(rpc: &Rpc) -> ServingStatus {
        let request = HealthCheckRequest {
            service: "privyseal.v1.Signing".to_owned(),
        };
        let mut client = HealthClient::new(rpc.channel());
        rpc.wait(client.check(request)).unwrap().status()
    }

    fn reaches_health(rpc: &Rpc, expected: ServingStatus) {
        wait::until("the health service", || {
            (serving(rpc) == expected).then_some(())
        });
    }

    /// The state of `hsm`, once it is this one.
    fn reaches(agent: &mut Agent, state: State) -> KeystoreStatus {
        let mut status = agent.wait_state(|status| status.keystores[0].state() == state);
        status.keystores.remove(0)
    }

    /// As [`reaches`], with these words in its detail.
    fn says(agent: &mut Agent, state: State, words: &[&str]) {
        agent.wait_state(|status| {
            let keystore = &status.keystores[0];
            keystore.state() == state && words.iter().all(|word| keystore.detail.contains(word))
        });
    }

    /// The time since then, printed, where it is no hang.
    fn took(what: &str, since: Instant) {
        let time = since.elapsed();
        println!("{what}: {} ms", time.as_millis());
        assert!(time < HANG, "{what} took {time:?}");
    }

    fn targets(version: u64) -> Vec<u8> {
        metadata::targets(version, &[("a", &version.to_be_bytes())])
    }

    /// A repository with a root, and an agent that was stopped.
    fn with_repository() -> Option<(ShimStage, Repository)> {
        let mut stage = ShimStage::running("")?;
        let repository = Repository::open(&stage.rpc(), "app");
        assert!(stage.agent.stop().success());
        Some((stage, repository))
    }

    #[test]
    fn the_agent_starts_without_its_token_and_is_ready_when_it_appears() {
        let Some((mut stage, repository)) = with_repository() else {
            return;
        };
        stage.reconfigure(ONLINE);
        stage.token.vanish();
        stage.agent.start_without_token();
        let uri = stage.token.uri();
        let words = ["no token matches", &uri, "Connect the token"];
        says(&mut stage.agent, State::Absent, &words);
        let (rpc, document) = (stage.rpc(), targets(1));
        reaches_health(&rpc, ServingStatus::NotServing);
        let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
        let expected = (Code::Unavailable, "TOKEN_NOT_FOUND");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        assert_eq!(refusal.retry, "safe");
        assert!(refusal.remedy.contains("Connect the token"), "{refusal:?}");
        let pid = stage.agent.pid();
        let back = Instant::now();
        stage.token.come_back();
        let status = reaches(&mut stage.agent, State::Ready);
        took("ready after the token came", back);
        assert_eq!(status.token_serial, stage.token.serial());
        assert_eq!(status.detail, "");
        reaches_health(&rpc, ServingStatus::Serving);
        let signed = repository.sign(&rpc, "targets", &document).unwrap();
        let key = repository.key("targets");
        assert!(openssl::verifies(key, &document, &signed));
        assert_eq!(stage.agent.pid(), pid);
        assert_eq!(stage.calls("C_Login"), 1);
    }

    /// Signs versions from 1 on until it is told to stop, each until it is signed.
    fn load(
        rpc: &Rpc,
        repository: &Repository,
        stop: &AtomicBool,
        done: &AtomicU64,
    ) -> Vec<(Vec<u8>, Signed)> {
        let mut all = Vec::new();
        for version in 1.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let document = targets(version);
            let signed = wait::until("a signature", || {
                match repository.sign(rpc, "targets", &document) {
                    Ok(signed) => Some(signed),
                    Err(refusal) => {
                        assert_eq!(refusal.retry, "safe", "{refusal:?}");
                        None
                    }
                }
            });
            all.push((document, signed));
            done.store(version, Ordering::Relaxed);
        }
        all
    }

    #[test]
    fn a_token_that_comes_and_goes_under_load_gives_no_wrong_answer() {
        let Some((mut stage, repository)) = with_repository() else {
            return;
        };
        stage.reconfigure(ONLINE);
        stage.agent.start();
        let (rpc, pid) = (stage.rpc(), stage.agent.pid());
        let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
        let signatures = thread::scope(|scope| {
            let load = scope.spawn(|| load(&rpc, &repository, &stop, &done));
            for round in 1..=10 {
                let before = done.load(Ordering::Relaxed);
                wait::until("the load", || {
                    assert!(!load.is_finished(), "the load ended early");
                    (done.load(Ordering::Relaxed) >= before + 5).then_some(())
                });
                stage.token.vanish();
                reaches(&mut stage.agent, State::Absent);
                let back = Instant::now();
                stage.token.come_back();
                reaches(&mut stage.agent, State::Ready);
                took(&format!("ready after absence {round}"), back);
            }
            stop.store(true, Ordering::Relaxed);
            load.join().unwrap()
        });
        assert!(signatures.len() >= 50);
        let key = repository.key("targets");
        for (version, (document, signed)) in (1..).zip(&signatures) {
            assert_eq!(signed.version, version);
            assert!(openssl::verifies(key, document, signed));
        }
        assert_eq!(stage.agent.pid(), pid);
    }

    #[test]
    fn a_keystore_of_root_keys_waits_for_a_person() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let repository = Repository::open(&rpc, "app");
        let logins = stage.calls("C_Login");
        stage.token.vanish();
        reaches(&mut stage.agent, State::Absent);
        stage.token.come_back();
        let words = ["waits for a person", "privyseal agent unlock hsm"];
        says(&mut stage.agent, State::Locked, &words);
        let document = targets(1);
        let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
        let expected = (Code::Unavailable, "KEYSTORE_LOCKED");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        assert_eq!(stage.calls("C_Login"), logins);
        let pin_file = stage.token.pin_file().display();
        let client = stage.client("operator");
        client.ok(&format!("agent unlock hsm --pin-file {pin_file}"));
        assert_eq!(stage.calls("C_Login"), logins + 1);
        let signed = repository.sign(&rpc, "targets", &document).unwrap();
        let key = repository.key("targets");
        assert!(openssl::verifies(key, &document, &signed));
    }

    #[test]
    fn another_token_in_its_place_gets_no_pin() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        stage.token.vanish();
        let other = stage.tokens.token("main");
        assert_ne!(other.serial(), stage.token.serial());
        // The URI names a serial number: the other token is not looked at.
        stage.agent.start_without_token();
        says(&mut stage.agent, State::Absent, &["no token matches"]);
        assert!(stage.agent.stop().success());
        // It names a label alone. The file now holds the other token's PIN, which would do.
        let pin = stage.pin();
        stage.reconfigure_keystore("pkcs11:token=main", &pin, ONLINE);
        stage.agent.start_without_token();
        let words = [
            other.serial(),
            "in the place of",
            stage.token.serial(),
            "again",
        ];
        says(&mut stage.agent, State::Faulted, &words);
        let refusal = stage.rpc().unlock("hsm", other.pin()).unwrap_err();
        let expected = (Code::FailedPrecondition, "TOKEN_SWAPPED");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        assert_eq!(stage.calls("C_Login"), 0);
        // The right one comes back, and the other is put there while the agent runs.
        other.vanish();
        write_secret(stage.token.pin_file(), stage.token.pin());
        stage.token.come_back();
        reaches(&mut stage.agent, State::Ready);
        assert_eq!(stage.calls("C_Login"), 1);
        stage.token.vanish();
        other.come_back();
        says(&mut stage.agent, State::Faulted, &words);
        assert_eq!(stage.calls("C_Login"), 1);
    }

    #[test]
    fn two_tokens_that_match_are_named_and_neither_gets_a_pin() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        let other = stage.tokens.token("main");
        write_secret(stage.token.pin_file(), stage.token.pin());
        let pin = stage.pin();
        stage.reconfigure_keystore("pkcs11:token=main", &pin, ONLINE);
        stage.agent.start_without_token();
        let words = [
            "matches 2 tokens",
            stage.token.serial(),
            other.serial(),
            "serial=",
        ];
        says(&mut stage.agent, State::Faulted, &words);
        let refusal = stage.rpc().unlock("hsm", stage.token.pin()).unwrap_err();
        assert_eq!(refusal.reason, "TOKEN_AMBIGUOUS", "{refusal:?}");
        assert_eq!(stage.calls("C_Login"), 0);
        other.vanish();
        reaches(&mut stage.agent, State::Ready);
    }

    #[test]
    fn a_module_that_is_not_there_does_not_stop_the_agent() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        let (uri, pin) = (stage.token.uri(), stage.pin());
        let module = stage.sandbox.join("vendor/module.so");
        stage.reconfigure_module(module.display(), &uri, &pin, "");
        stage.agent.start_without_token();
        let path = module.display().to_string();
        let words = [&path, "No such file", "module's path"];
        says(&mut stage.agent, State::Faulted, &words);
        // Not a module.
        stage.sandbox.write("vendor/module.so", "not a library");
        says(&mut stage.agent, State::Faulted, &["can't be loaded"]);
        fs::remove_file(&module).unwrap();
        symlink(SOFTHSM, &module).unwrap();
        reaches(&mut stage.agent, State::Ready);
    }

    #[test]
    fn a_key_that_was_deleted_is_missed_and_the_others_go_on() {
        let Some((mut stage, repository)) = with_repository() else {
            return;
        };
        let (gone, document) = (repository.key("targets").clone(), targets(1));
        let delete = ["--delete-object", "--type", "privkey", "--id"];
        // Under the running agent, and before it starts.
        for restart in [false, true] {
            if restart {
                assert!(stage.agent.stop().success());
            }
            stage.agent.start();
            if !restart {
                pkcs11_tool::run(&stage.token, &[&delete[..], &[&gone.object_id]].concat());
            }
            let rpc = stage.rpc();
            let refusal = wait::until("the loss to be noticed", || {
                let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
                (refusal.retry == "unsafe").then_some(refusal)
            });
            let expected = (Code::FailedPrecondition, "KEY_NOT_FOUND");
            assert_eq!(refusal.codes(), expected, "{refusal:?}");
            assert!(refusal.message.contains(&gone.name), "{refusal:?}");
            assert_usable(&rpc, &[&gone]);
        }
    }

    #[test]
    fn a_key_that_was_replaced_is_refused() {
        let Some((mut stage, repository)) = with_repository() else {
            return;
        };
        let (replaced, document) = (repository.key("targets").clone(), targets(1));
        let id = replaced.object_id.as_str();
        let tool = |arguments: &[&str]| pkcs11_tool::run(&stage.token, arguments);
        tool(&["--delete-object", "--type", "privkey", "--id", id]);
        tool(&["--delete-object", "--type", "pubkey", "--id", id]);
        let new = ["--keypairgen", "--key-type", "EC:prime256v1"];
        tool(&[&new[..], &["--id", id, "--label", &replaced.name]].concat());
        stage.agent.start();
        let rpc = stage.rpc();
        let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
        let expected = (Code::FailedPrecondition, "KEY_MISMATCH");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        assert!(refusal.remedy.contains("find out who"), "{refusal:?}");
        assert_usable(&rpc, &[&replaced]);
    }

    /// Somebody left the public key as it was and put another private key beside it.
    #[test]
    fn a_private_key_that_was_replaced_alone_signs_nothing_that_leaves() {
        let Some((mut stage, repository)) = with_repository() else {
            return;
        };
        let key = repository.key("targets");
        let id = key.object_id.as_str();
        let (pem, der) = (stage.sandbox.join("k.pem"), stage.sandbox.join("k.der"));
        let (pem, der) = (pem.to_str().unwrap(), der.to_str().unwrap());
        let curve = ["-pkeyopt", "ec_paramgen_curve:P-256", "-out", pem];
        let made = openssl::agrees(&[&["genpkey", "-algorithm", "EC"][..], &curve].concat());
        assert!(made && openssl::agrees(&["pkey", "-in", pem, "-outform", "DER", "-out", der]));
        let tool = |arguments: &[&str]| pkcs11_tool::run(&stage.token, arguments);
        tool(&["--delete-object", "--type", "privkey", "--id", id]);
        let put = ["--write-object", der, "--type", "privkey", "--usage-sign"];
        tool(&[&put[..], &["--id", id, "--label", &key.name]].concat());
        stage.agent.start();
        let (rpc, document) = (stage.rpc(), targets(1));
        let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
        let expected = (Code::Internal, "SIGNATURE_WRONG");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
    }

    /// Asserts that these keys can't be used, and that all others can.
    fn assert_usable(rpc: &Rpc, except: &[&Key]) {
        for key in rpc.keys().unwrap() {
            let expected = except.iter().all(|bad| bad.name != key.name);
            assert_eq!(key.usable, expected, "{}", key.name);
        }
    }

    #[test]
    fn a_clean_end_warns_of_nothing() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        assert!(stage.agent.stop().success());
        let log = stage.agent.log();
        assert!(log.contains("INFO stopped"), "{log}");
        assert!(!log.contains("WARN"), "{log}");
    }

    #[test]
    fn one_agent_serves_two_tokens_behind_two_modules() {
        if !require::softhsm() {
            return;
        }
        let sandbox = Sandbox::new();
        let tokens = Tokens::new(&sandbox, "tokens");
        let (one, two) = (tokens.token("one"), tokens.token("two"));
        // A copy is another library to the loader, with a state of its own.
        let copy = sandbox.join("libsofthsm2-copy.so");
        fs::copy(SOFTHSM, &copy).unwrap();
        let second = format!(
            "[[keystore]]\nname = \"second\"\nkind = \"pkcs11\"\nmodule = \"{}\"\n\
             token = \"{}\"\npin = {{ file = \"{}\" }}\n{ONLINE}",
            copy.display(),
            two.uri(),
            two.pin_file().display()
        );
        let setup = Setup::new(&one).section(&second);
        let mut agent = Agent::running(&sandbox, "agent", &setup);
        let rpc = agent.rpc();
        let repository = "example.org/app";
        for (keystore, token) in [("hsm", &one), ("second", &two)] {
            let key = rpc.generate_in(keystore, keystore, "ecdsa-p256", repository);
            assert_eq!(key.unwrap().token_serial, token.serial());
            assert_eq!(
                pkcs11_tool::private_keys(token).len(),
                if keystore == "hsm" { 2 } else { 1 }
            );
        }
        // One goes: the other stays.
        two.vanish();
        let status = agent.wait_state(|status| status.keystores[1].state() == State::Absent);
        assert_eq!(status.keystores[0].state(), State::Ready);
        rpc.generate("more", "ecdsa-p256", repository).unwrap();
        two.come_back();
        agent.wait_ready();
        rpc.generate_in("second", "other", "ecdsa-p256", repository)
            .unwrap();
    }
}
