//! PINs, and the keys in the token.

use super::*;

#[test]
fn a_wrong_pin_is_tried_once() {
    alone(async |stage| {
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
    alone(async |stage| {
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
            let unlocked = keystore.unlock("1234".into(), None, operator()).await;
            assert_eq!(reason(unlocked), expected);
            keystore.shutdown().await;
        }
        assert_eq!(stage.shim.calls("C_Login").unwrap(), 0);
        assert!(stage.logins().is_empty());
    });
}

#[test]
fn another_token_in_its_place_gets_no_pin() {
    alone(async |stage| {
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
            reason(keystore.unlock("1234".into(), None, operator()).await),
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
    alone(async |stage| {
        stage.make_token();
        let keystore = stage.start(Vec::new(), "");
        reaches(&keystore, "READY").await;
        let algorithms = [
            Algorithm::EcdsaP256,
            Algorithm::EcdsaP384,
            Algorithm::Ed25519,
            Algorithm::RsaPss { bits: 2048 },
        ];
        for algorithm in algorithms {
            let made = keystore
                .generate(KeyOrder::plain("made".parse().unwrap(), algorithm))
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
        assert_eq!(listed.matches("Private Key Object").count(), 4, "{listed}");
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
    alone(async |stage| {
        stage.make_token();
        for (id, kind) in [
            ("01", "EC:prime256v1"),
            ("02", "EC:prime256v1"),
            ("03", "EC:secp521r1"),
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
            let name = key.name.clone();
            keystore.bind(vec![Arc::new(key)]).await.unwrap();
            let keys = keystore.keys();
            let found = keys.iter().find(|found| found.key.name == name).unwrap();
            let standing = match found.standing.clone() {
                KeyStanding::Refused(error) => error.reason(),
                KeyStanding::Usable => "OK",
                KeyStanding::Unseen => "unseen",
            };
            assert_eq!(standing, expected);
        }
        keystore.shutdown().await;
    });
}
