//! The PKCS#11 keystore against SoftHSM2, without the rest of the agent.
//!
//! SoftHSM2 reads its configuration from the environment once in a process, and a module's state
//! belongs to the process; so each test runs itself again as a child with a token directory of its
//! own.

#[cfg(test)]
mod suite {
    use std::fs::{Permissions, create_dir, remove_dir_all, rename, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use privyseal_agent::keystore::login::{LoginAttempt, LoginLog, Standing};
    use privyseal_agent::keystore::pkcs11::{Pkcs11Keystore, Settings};
    use privyseal_agent::keystore::{
        BoundKey, KeyStanding, Keystore, KeystoreError, KeystoreName, KeystoreState, Operator,
        TokenSerial,
    };
    use privyseal_tests::shim::{Fault, Shim, USER_PIN_FINAL_TRY, USER_PIN_LOCKED};
    use privyseal_tuf::Algorithm;

    const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

    /// The directory of a child's token, its PIN file and its shim.
    const DIRECTORY: &str = "PRIVYSEAL_TEST_DIRECTORY";

    /// Runs `body` in a child process of its own, on an empty token directory.
    fn alone<F: Future<Output = ()>>(test: &str, body: impl FnOnce(Stage) -> F) {
        if let Some(directory) = std::env::var_os(DIRECTORY) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .unwrap()
                .block_on(body(Stage::new(Path::new(&directory))));
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let stage = Stage::new(directory.path());
        create_dir(&stage.tokens).unwrap();
        stage.pin("1234");
        let config = directory.path().join("softhsm2.conf");
        write(
            &config,
            format!("directories.tokendir = {}\n", stage.tokens.display()),
        )
        .unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("suite::{test}"), "--nocapture"])
            .env(DIRECTORY, directory.path())
            .env("SOFTHSM2_CONF", config)
            .envs(stage.shim.environment())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    struct Stage {
        directory: PathBuf,
        tokens: PathBuf,
        shim: Shim,
        logins: Arc<Mutex<Vec<String>>>,
    }

    impl Stage {
        fn new(directory: &Path) -> Self {
            Self {
                directory: directory.to_owned(),
                tokens: directory.join("tokens"),
                shim: Shim::new(directory, Path::new(MODULE)),
                logins: Arc::default(),
            }
        }

        fn pin(&self, pin: &str) {
            let path = self.directory.join("pin");
            write(&path, pin).unwrap();
            set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }

        fn make_token(&self) {
            let made = Command::new("softhsm2-util")
                .args(["--init-token", "--free", "--label", "main"])
                .args(["--pin", "1234", "--so-pin", "56785678"])
                .output()
                .unwrap();
            assert!(made.status.success(), "{made:?}");
        }

        fn take_away(&self) {
            rename(&self.tokens, self.directory.join("away")).unwrap();
            create_dir(&self.tokens).unwrap();
        }

        fn bring_back(&self) {
            remove_dir_all(&self.tokens).unwrap();
            rename(self.directory.join("away"), &self.tokens).unwrap();
        }

        fn start(&self, keys: Vec<Arc<BoundKey>>, more: &str) -> Arc<Pkcs11Keystore> {
            let (module, pin) = (Shim::library().unwrap(), self.directory.join("pin"));
            let settings: Settings = toml::from_str(&format!(
                "name = 'hsm'\nkind = 'pkcs11'\nmodule = '{}'\ntoken = 'pkcs11:token=main'\n\
                 pin = {{ file = '{}' }}\n{more}",
                module.display(),
                pin.display()
            ))
            .unwrap();
            let log = Arc::new(Log(Arc::clone(&self.logins)));
            Pkcs11Keystore::start(settings, keys, log).unwrap()
        }

        fn logins(&self) -> Vec<String> {
            self.logins.lock().unwrap().clone()
        }
    }

    struct Log(Arc<Mutex<Vec<String>>>);

    impl LoginLog for Log {
        fn standing(&self, _: &KeystoreName) -> Standing {
            Standing::Clear
        }

        fn open(
            &self,
            _: &KeystoreName,
            _: &TokenSerial,
            operator: Option<&Operator>,
        ) -> Result<Box<dyn LoginAttempt>, KeystoreError> {
            let who = if operator.is_some() {
                "a person"
            } else {
                "the agent"
            };
            self.0.lock().unwrap().push(who.to_owned());
            Ok(Box::new(Self(Arc::clone(&self.0))))
        }
    }

    impl LoginAttempt for Log {
        fn close(self: Box<Self>, accepted: bool, answer: &str) -> Result<(), KeystoreError> {
            let end = if accepted { "accepted" } else { answer };
            self.0.lock().unwrap().push(end.to_owned());
            Ok(())
        }
    }

    fn operator() -> Operator {
        Operator {
            uid: 0,
            gid: 0,
            name: "root".to_owned(),
        }
    }

    /// Waits for a state whose error has this reason; `READY` for none.
    async fn reaches(keystore: &Pkcs11Keystore, reason: &str) {
        let now = |state: &KeystoreState| {
            state.obstacle().map_or("READY", KeystoreError::reason) == reason
        };
        let mut state = keystore.state();
        let reached = tokio::time::timeout(Duration::from_secs(20), state.wait_for(now)).await;
        assert!(
            reached.is_ok(),
            "not {reason}: {:?}",
            *keystore.state().borrow()
        );
    }

    fn reason<T>(result: Result<T, KeystoreError>) -> &'static str {
        result.map_or_else(|error| error.reason(), |_| "OK")
    }

    async fn generate(
        keystore: &Pkcs11Keystore,
        name: &str,
        algorithm: Algorithm,
    ) -> Arc<BoundKey> {
        keystore
            .generate(name.parse().unwrap(), algorithm)
            .await
            .unwrap()
            .key
    }

    #[test]
    fn starts_without_its_token_and_is_ready_when_it_comes_and_comes_back() {
        alone(
            "starts_without_its_token_and_is_ready_when_it_comes_and_comes_back",
            async |stage| {
                let keystore = stage.start(Vec::new(), "holds_root_keys = false");
                reaches(&keystore, "TOKEN_NOT_FOUND").await;
                stage.make_token();
                reaches(&keystore, "READY").await;
                let key = generate(&keystore, "online", Algorithm::EcdsaP256).await;
                keystore.bind(vec![key]).await.unwrap();
                assert!(keystore.keys()[0].usable());
                stage.take_away();
                reaches(&keystore, "TOKEN_NOT_FOUND").await;
                assert_eq!(keystore.keys()[0].standing, KeyStanding::Unseen);
                stage.bring_back();
                reaches(&keystore, "READY").await;
                assert!(keystore.keys()[0].usable());
                assert_eq!(
                    stage.logins(),
                    ["the agent", "accepted", "the agent", "accepted"]
                );
                keystore.shutdown().await;
            },
        );
    }

    #[test]
    fn a_keystore_of_root_keys_waits_for_a_person_after_its_token_was_away() {
        alone(
            "a_keystore_of_root_keys_waits_for_a_person_after_its_token_was_away",
            async |stage| {
                stage.make_token();
                let keystore = stage.start(Vec::new(), "");
                reaches(&keystore, "READY").await;
                stage.take_away();
                reaches(&keystore, "TOKEN_NOT_FOUND").await;
                stage.bring_back();
                reaches(&keystore, "KEYSTORE_LOCKED").await;
                assert_eq!(
                    reason(keystore.unlock("4321".into(), operator()).await),
                    "PIN_INCORRECT"
                );
                reaches(&keystore, "PIN_INCORRECT").await;
                assert_eq!(
                    reason(keystore.unlock("1234".into(), operator()).await),
                    "OK"
                );
                reaches(&keystore, "READY").await;
                keystore.lock().await.unwrap();
                reaches(&keystore, "KEYSTORE_LOCKED").await;
                assert_eq!(reason(keystore.unlock_again(operator()).await), "OK");
                keystore.shutdown().await;
            },
        );
    }

    #[test]
    fn a_wrong_pin_is_tried_once() {
        alone("a_wrong_pin_is_tried_once", async |stage| {
            stage.make_token();
            stage.pin("4321");
            let keystore = stage.start(Vec::new(), "holds_root_keys = false");
            reaches(&keystore, "PIN_INCORRECT").await;
            stage.take_away();
            reaches(&keystore, "TOKEN_NOT_FOUND").await;
            stage.bring_back();
            reaches(&keystore, "PIN_LATCHED").await;
            assert_eq!(stage.shim.calls("C_Login").unwrap(), 1);
            assert_eq!(stage.logins(), ["the agent", "CKR_PIN_INCORRECT"]);
            stage.pin("1234");
            keystore.unlock_again(operator()).await.unwrap();
            reaches(&keystore, "READY").await;
            keystore.shutdown().await;
        });
    }

    #[test]
    fn no_pin_is_tried_at_the_final_try() {
        alone("no_pin_is_tried_at_the_final_try", async |stage| {
            stage.make_token();
            for (flag, expected) in [
                (USER_PIN_FINAL_TRY, "PIN_FINAL_TRY"),
                (USER_PIN_LOCKED, "PIN_LOCKED"),
            ] {
                stage
                    .shim
                    .inject(&[("C_GetTokenInfo", None, Fault::Flags(flag))])
                    .unwrap();
                let keystore = stage.start(Vec::new(), "");
                reaches(&keystore, expected).await;
                let unlocked = keystore.unlock("1234".into(), operator()).await;
                assert_eq!(reason(unlocked), expected);
                keystore.shutdown().await;
            }
            assert_eq!(stage.shim.calls("C_Login").unwrap(), 0);
            assert!(stage.logins().is_empty());
        });
    }

    #[test]
    fn another_token_in_its_place_gets_no_pin() {
        alone("another_token_in_its_place_gets_no_pin", async |stage| {
            stage.make_token();
            let keystore = stage.start(Vec::new(), "");
            reaches(&keystore, "READY").await;
            let key = generate(&keystore, "root", Algorithm::Ed25519).await;
            keystore.shutdown().await;
            stage.take_away();
            stage.make_token();
            let keystore = stage.start(vec![key], "");
            reaches(&keystore, "TOKEN_SWAPPED").await;
            assert_eq!(
                reason(keystore.unlock("1234".into(), operator()).await),
                "TOKEN_SWAPPED"
            );
            assert_eq!(stage.logins(), ["the agent", "accepted"]);
            stage.make_token();
            keystore.shutdown().await;
            let keystore = stage.start(Vec::new(), "");
            reaches(&keystore, "TOKEN_AMBIGUOUS").await;
            keystore.shutdown().await;
        });
    }

    #[test]
    fn generated_keys_can_sign_and_nothing_else() {
        alone("generated_keys_can_sign_and_nothing_else", async |stage| {
            stage.make_token();
            let keystore = stage.start(Vec::new(), "");
            reaches(&keystore, "READY").await;
            let algorithms = [
                Algorithm::EcdsaP256,
                Algorithm::Ed25519,
                Algorithm::RsaPss { bits: 2048 },
            ];
            for algorithm in algorithms {
                let made = keystore
                    .generate("made".parse().unwrap(), algorithm)
                    .await
                    .unwrap();
                assert_eq!(made.key.public_key.algorithm(), algorithm);
                let told = made.protection.unwrap();
                assert!(told.sensitive && told.always_sensitive && told.local);
                assert!(!told.extractable && told.never_extractable);
                let id = made.key.object_id.clone();
                let found = keystore
                    .inspect("again".parse().unwrap(), id)
                    .await
                    .unwrap();
                assert_eq!(found.key.public_key, made.key.public_key);
            }
            keystore.shutdown().await;
            // An independent reader of the token says the same.
            let listed = Command::new("pkcs11-tool")
                .args([
                    "--module",
                    MODULE,
                    "--token-label",
                    "main",
                    "--login",
                    "--pin",
                    "1234",
                ])
                .args(["--list-objects", "--type", "privkey"])
                .output()
                .unwrap();
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            assert_eq!(listed.matches("Private Key Object").count(), 3, "{listed}");
            let usages: Vec<_> = listed
                .lines()
                .filter(|line| line.contains("Usage:"))
                .collect();
            assert!(
                usages.iter().all(|line| line.trim_end().ends_with(" sign")),
                "{listed}"
            );
        });
    }

    #[test]
    fn what_could_leave_the_token_or_is_another_key_is_refused() {
        alone(
            "what_could_leave_the_token_or_is_another_key_is_refused",
            async |stage| {
                stage.make_token();
                for (id, kind) in [
                    ("01", "EC:prime256v1"),
                    ("02", "EC:prime256v1"),
                    ("03", "EC:secp384r1"),
                ] {
                    let extractable = if id == "01" {
                        "--extractable"
                    } else {
                        "--sensitive"
                    };
                    let made = Command::new("pkcs11-tool")
                        .args([
                            "--module",
                            MODULE,
                            "--token-label",
                            "main",
                            "--login",
                            "--pin",
                            "1234",
                        ])
                        .args(["--keypairgen", "--key-type", kind, "--id", id, extractable])
                        .output()
                        .unwrap();
                    assert!(made.status.success(), "{made:?}");
                }
                let keystore = stage.start(Vec::new(), "accept_extractable = ['accepted']");
                reaches(&keystore, "READY").await;
                let inspect = async |name: &str, id: &str| {
                    keystore
                        .inspect(name.parse().unwrap(), id.parse().unwrap())
                        .await
                };
                assert_eq!(reason(inspect("new", "01").await), "KEY_EXTRACTABLE");
                assert_eq!(reason(inspect("new", "03").await), "MECHANISM_UNSUPPORTED");
                assert_eq!(reason(inspect("new", "04").await), "KEY_NOT_FOUND");
                let accepted = inspect("accepted", "01").await.unwrap().key;
                let other = inspect("other", "02").await.unwrap().key;
                let replaced = BoundKey {
                    public_key: other.public_key.clone(),
                    ..(*accepted).clone()
                };
                let renamed = BoundKey {
                    name: "renamed".parse().unwrap(),
                    ..(*accepted).clone()
                };
                for (key, expected) in [
                    (replaced, "KEY_MISMATCH"),
                    (renamed, "KEY_EXTRACTABLE"),
                    ((*accepted).clone(), "OK"),
                ] {
                    keystore.bind(vec![Arc::new(key)]).await.unwrap();
                    let standing = match keystore.keys()[0].standing.clone() {
                        KeyStanding::Refused(error) => error.reason(),
                        KeyStanding::Usable => "OK",
                        KeyStanding::Unseen => "unseen",
                    };
                    assert_eq!(standing, expected);
                }
                keystore.shutdown().await;
            },
        );
    }
}
