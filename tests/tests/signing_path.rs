//! From a request to C_Sign and back: nothing else is called on the way, and whatever the module
//! does there, no wrong answer leaves the agent.

#[cfg(test)]
mod suite {
    use std::collections::BTreeMap;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use privyseal_proto::ledger::v1::record::Event;
    use privyseal_proto::v1::keystore_status::State;
    use privyseal_proto::v1::{Key, LineageRef, SignRequest, Signed};
    use privyseal_tests::metadata::{self, RoleOf, Roles};
    use privyseal_tests::repository::Repository;
    use privyseal_tests::rpc::Rpc;
    use privyseal_tests::setup::AUTHORITY;
    use privyseal_tests::shim::Fault;
    use privyseal_tests::shim_stage::ShimStage;
    use privyseal_tests::{openssl, pkcs11_tool, records, wait};
    use tonic::Code;

    /// What must never be called for a signature.
    const DEAR: [&str; 4] = [
        "C_Login",
        "C_FindObjects",
        "C_OpenSession",
        "C_GetAttributeValue",
    ];

    const ALGORITHMS: [&str; 5] = [
        "ecdsa-p256",
        "ed25519",
        "rsa-pss-2048",
        "rsa-pss-3072",
        "rsa-pss-4096",
    ];

    /// A lineage whose targets may be signed by any of these keys.
    struct Lineage {
        name: LineageRef,
        keys: Vec<Key>,
    }

    impl Lineage {
        fn open(rpc: &Rpc, short: &str, algorithms: &[&str]) -> Self {
            let repository = format!("example.org/{short}");
            let key = |role: &str, algorithm: &str| {
                let name = format!("{short}-{role}-{algorithm}");
                rpc.generate(&name, algorithm, &repository).unwrap()
            };
            let root_key = key("root", "ecdsa-p256");
            let keys: Vec<_> = algorithms.iter().map(|a| key("targets", a)).collect();
            let online = RoleOf::new(1, &[key("online", "ecdsa-p256")]);
            let roles = Roles {
                root: RoleOf::new(1, std::slice::from_ref(&root_key)),
                targets: RoleOf::new(1, &keys),
                snapshot: online.clone(),
                timestamp: online,
            };
            let root = metadata::root(1, &roles);
            let mut lineage = Self {
                name: LineageRef {
                    authority: AUTHORITY.to_owned(),
                    repository,
                    first_root: String::new(),
                },
                keys,
            };
            rpc.sign(lineage.request("root", &root_key, &root)).unwrap();
            lineage.name.first_root = metadata::digest(&root).to_string();
            lineage
        }

        fn request(&self, role: &str, key: &Key, document: &[u8]) -> SignRequest {
            SignRequest {
                id: 0,
                lineage: Some(self.name.clone()),
                role: role.to_owned(),
                key: key.name.clone(),
                document: document.to_vec(),
            }
        }

        /// Signs these versions of targets with every key; returns the last one's signatures.
        fn sign(&self, rpc: &Rpc, versions: std::ops::Range<u64>) -> Vec<(Key, Vec<u8>, Signed)> {
            let mut last = Vec::new();
            for version in versions {
                let document = metadata::targets(version, &[("a", &version.to_be_bytes())]);
                let sign = |key: &Key| {
                    let signed = rpc.sign(self.request("targets", key, &document)).unwrap();
                    (key.clone(), document.clone(), signed)
                };
                last = self.keys.iter().map(sign).collect();
            }
            last
        }
    }

    fn assert_genuine(signatures: &[(Key, Vec<u8>, Signed)]) {
        for (key, document, signed) in signatures {
            let genuine = openssl::verifies(key, document, signed);
            assert!(genuine, "{}", key.algorithm);
            let judged = openssl::verifies_bytes(key, b"other bytes", signed);
            assert!(!judged, "openssl agrees to anything of {}", key.algorithm);
        }
    }

    fn dear(stage: &ShimStage) -> BTreeMap<&'static str, u64> {
        DEAR.into_iter()
            .map(|name| (name, stage.calls(name)))
            .collect()
    }

    #[test]
    fn a_thousand_signatures_log_in_search_and_open_nothing() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let mixed = Lineage::open(&rpc, "mixed", &ALGORITHMS);
        let plain = ["one", "two"].map(|short| Lineage::open(&rpc, short, &["ecdsa-p256"]));
        let (before, signed_before) = (dear(&stage), stage.calls("C_Sign"));
        assert!(before.values().all(|calls| *calls > 0), "{before:?}");
        let mut signatures = mixed.sign(&rpc, 1..101);
        thread::scope(|scope| {
            let threads = plain.each_ref().map(|lineage| {
                let rpc = rpc.clone();
                scope.spawn(move || lineage.sign(&rpc, 1..251))
            });
            for thread in threads {
                signatures.extend(thread.join().unwrap());
            }
        });
        assert_eq!(dear(&stage), before);
        assert!(stage.calls("C_Sign") >= signed_before + 1000);
        assert_eq!(signatures.len(), ALGORITHMS.len() + 2);
        assert_genuine(&signatures);
    }

    #[test]
    fn other_objects_in_the_token_change_nothing() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let full = std::env::var_os("PRIVYSEAL_FULL").is_some();
        let lineage = Lineage::open(&stage.rpc(), "app", &["ecdsa-p256"]);
        let calls_of = |stage: &ShimStage, versions| {
            let before = stage.shim.counters().unwrap();
            assert_genuine(&lineage.sign(&stage.rpc(), versions));
            let mut calls = stage.shim.counters().unwrap();
            for (name, count) in &mut calls {
                *count -= before[name];
            }
            // The look at the token, now and then.
            calls.remove("C_GetTokenInfo");
            calls
        };
        let alone = calls_of(&stage, 1..51);
        assert!(stage.agent.stop().success());
        let count = if full { 10_000 } else { 1_000 };
        pkcs11_tool::fill(&stage.token, count, stage.sandbox.path());
        stage.agent.start();
        let among_others = calls_of(&stage, 51..101);
        assert_eq!(among_others, alone);
        for (name, calls) in among_others {
            let dear = DEAR.iter().any(|dear| name.starts_with(dear));
            assert!(!dear || calls == 0, "{name}: {calls}");
        }
    }

    #[test]
    fn a_full_queue_answers_busy_at_once_and_the_others_are_served() {
        let Some(stage) = ShimStage::running("sessions = 1\nqueue = 2") else {
            return;
        };
        let rpc = stage.rpc();
        let repository = Repository::open(&rpc, "app");
        let document = metadata::targets(1, &[("a", b"a")]);
        let key = repository.key("targets");
        let before = stage.calls("C_Sign");
        let sleep = Fault::Sleep(Duration::from_secs(60));
        stage.shim.inject(&[("C_Sign", None, sleep)]).unwrap();
        let (answers, answered) = mpsc::channel();
        let ask = || {
            let (rpc, answers) = (rpc.clone(), answers.clone());
            let request = repository.request("targets", &key.name, &document);
            thread::spawn(move || answers.send(rpc.sign(request)).unwrap());
        };
        ask();
        wait::until("C_Sign", || (stage.calls("C_Sign") > before).then_some(()));
        // The one session is at work. Two more may wait for it.
        (0..6).for_each(|_| ask());
        for _ in 0..4 {
            let refusal = answered.recv().unwrap().unwrap_err();
            assert_eq!(
                refusal.codes(),
                (Code::ResourceExhausted, "KEYSTORE_BUSY"),
                "{refusal:?}"
            );
            assert_eq!(refusal.retry, "safe");
            assert!(refusal.message.contains("queue of 2"), "{refusal:?}");
        }
        assert!(answered.try_recv().is_err(), "one was served by a sleeper");
        stage.shim.clear().unwrap();
        for _ in 0..3 {
            let signed = answered.recv().unwrap().unwrap();
            assert!(openssl::verifies(key, &document, &signed));
        }
    }

    #[test]
    fn a_call_that_hangs_is_given_up_at_the_deadline_and_the_agent_goes_on() {
        let Some(mut stage) = ShimStage::running("deadline = \"700ms\"") else {
            return;
        };
        let rpc = stage.rpc();
        let repository = Repository::open(&rpc, "app");
        let document = metadata::targets(1, &[("a", b"a")]);
        let sleep = Fault::Sleep(Duration::from_secs(600));
        stage.shim.inject(&[("C_Sign", None, sleep)]).unwrap();
        let hung = {
            let (rpc, repository) = (rpc.clone(), repository.clone());
            let document = document.clone();
            thread::spawn(move || repository.sign(&rpc, "targets", &document))
        };
        // It answers while the call hangs.
        let mut answers = 0;
        while !hung.is_finished() {
            rpc.try_status().unwrap();
            answers += 1;
        }
        assert!(answers > 0);
        let refusal = hung.join().unwrap().unwrap_err();
        let expected = (Code::DeadlineExceeded, "KEYSTORE_DEADLINE");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        assert_eq!(refusal.retry, "safe");
        let status = stage
            .agent
            .wait_state(|status| status.keystores[0].state() == State::Faulted);
        let detail = &status.keystores[0].detail;
        assert!(detail.contains("does not return"), "{detail}");
        // Others are told at once: nobody else waits for a call that does not return.
        let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
        let expected = (Code::Unavailable, "KEYSTORE_FAULT");
        assert_eq!(refusal.codes(), expected, "{refusal:?}");
        stage.shim.clear().unwrap();
        stage.agent.wait_ready();
        let signed = repository.sign(&rpc, "targets", &document).unwrap();
        let key = repository.key("targets");
        assert!(openssl::verifies(key, &document, &signed));
    }

    #[test]
    fn a_wrong_signature_never_leaves_the_agent() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let algorithms = ["ecdsa-p256", "ed25519", "rsa-pss-2048"];
        let lineage = Lineage::open(&rpc, "app", &algorithms);
        let document = |version| metadata::targets(version, &[("a", b"a")]);
        for (version, fault) in [(1, Fault::Corrupt), (2, Fault::Shorten)] {
            let document = document(version);
            for key in &lineage.keys {
                stage.shim.inject(&[("C_Sign", Some(1), fault)]).unwrap();
                let request = lineage.request("targets", key, &document);
                let decision = rpc.head(0).unwrap().head.unwrap().size;
                let refusal = rpc.sign(request.clone()).unwrap_err();
                let expected = (Code::Internal, "SIGNATURE_WRONG");
                assert_eq!(refusal.codes(), expected, "{refusal:?}");
                assert_eq!(refusal.retry, "safe");
                assert!(refusal.message.contains("thrown away"), "{refusal:?}");
                let outcome = outcome_of(&rpc, decision);
                assert_eq!(outcome, (Vec::new(), "SIGNATURE_WRONG".to_owned()));
                let signed = rpc.sign(request).unwrap();
                assert!(!signed.recorded, "there was none to return");
                assert_genuine(&[(key.clone(), document.clone(), signed)]);
            }
        }
    }

    /// The signature and fault that the ledger holds of the first decision from this index on.
    fn outcome_of(rpc: &Rpc, from: u64) -> (Vec<u8>, String) {
        wait::until("the outcome's record", || {
            let events = records::events(rpc);
            let from = usize::try_from(from).unwrap();
            let decision =
                (from..events.len()).find(|index| matches!(events[*index], Event::Decision(_)))?;
            events.iter().find_map(|event| match event {
                Event::Outcome(outcome) if outcome.decision == decision as u64 => {
                    Some((outcome.signature.clone(), outcome.fault.clone()))
                }
                _ => None,
            })
        })
    }

    #[test]
    fn what_was_cached_and_died_is_found_again_without_a_login() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let repository = Repository::open(&rpc, "app");
        let (logins, pid) = (stage.calls("C_Login"), stage.agent.pid());
        let answers = [
            (0x32, "CKR_DEVICE_REMOVED"),
            (0x82, "CKR_OBJECT_HANDLE_INVALID"),
            (0xb3, "CKR_SESSION_HANDLE_INVALID"),
            (0x05, "CKR_GENERAL_ERROR"),
        ];
        for (version, (value, name)) in (1..).zip(answers) {
            let document = metadata::targets(version, &[("a", b"a")]);
            let once = [("C_Sign", Some(1), Fault::Answer(value))];
            stage.shim.inject(&once).unwrap();
            let refusal = repository.sign(&rpc, "targets", &document).unwrap_err();
            assert_eq!(refusal.retry, "safe", "{refusal:?}");
            assert_eq!(refusal.code, Code::Unavailable, "{refusal:?}");
            assert!(refusal.message.contains(name), "{refusal:?}");
            assert!(!refusal.remedy.is_empty());
            let signed = wait::until("the same bytes", || {
                let again = repository.sign(&rpc, "targets", &document);
                again.map_err(|r| assert_eq!(r.retry, "safe", "{r:?}")).ok()
            });
            let key = repository.key("targets");
            assert!(openssl::verifies(key, &document, &signed));
            stage.agent.wait_ready();
        }
        assert_eq!(stage.calls("C_Login"), logins);
        assert_eq!(stage.agent.pid(), pid);
    }

    #[test]
    fn a_passing_failure_of_a_session_is_no_callers_business() {
        let Some(stage) = ShimStage::running("") else {
            return;
        };
        let rpc = stage.rpc();
        let repository = Repository::open(&rpc, "app");
        let logins = stage.calls("C_Login");
        // CKR_FUNCTION_FAILED, CKR_OPERATION_ACTIVE
        for (version, value) in [(1, 0x06), (2, 0x90)] {
            let once = [("C_Sign", Some(1), Fault::Answer(value))];
            stage.shim.inject(&once).unwrap();
            let document = metadata::targets(version, &[("a", b"a")]);
            let signed = repository.sign(&rpc, "targets", &document).unwrap();
            let key = repository.key("targets");
            assert!(openssl::verifies(key, &document, &signed));
        }
        assert_eq!(stage.calls("C_Login"), logins);
    }
}
