//! The token comes, goes, and is logged in to.

use super::*;

#[test]
fn starts_without_its_token_and_is_ready_when_it_comes_and_comes_back() {
    alone(async |stage| {
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
    });
}

#[test]
fn a_keystore_of_root_keys_waits_for_a_person_after_its_token_was_away() {
    alone(async |stage| {
        stage.make_token();
        let keystore = stage.start(Vec::new(), "");
        reaches(&keystore, "READY").await;
        stage.take_away();
        reaches(&keystore, "TOKEN_NOT_FOUND").await;
        stage.bring_back();
        reaches(&keystore, "KEYSTORE_LOCKED").await;
        assert_eq!(
            reason(keystore.unlock("4321".into(), None, operator()).await),
            "PIN_INCORRECT"
        );
        reaches(&keystore, "PIN_INCORRECT").await;
        assert_eq!(
            reason(keystore.unlock("1234".into(), None, operator()).await),
            "OK"
        );
        reaches(&keystore, "READY").await;
        keystore.lock().await.unwrap();
        reaches(&keystore, "KEYSTORE_LOCKED").await;
        assert_eq!(reason(keystore.unlock_again(operator()).await), "OK");
        keystore.shutdown().await;
    });
}

#[test]
fn a_token_that_fails_just_after_its_login_is_used_once_it_works() {
    alone(async |stage| {
        stage.make_token();
        for function in ["C_FindObjectsInit", "C_OpenSession"] {
            stage
                .shim
                .inject(&[(function, Some(1), Fault::Answer(DEVICE_ERROR))])
                .unwrap();
            let keystore = stage.start(Vec::new(), "holds_root_keys = false");
            reaches(&keystore, "KEYSTORE_ABSENT").await;
            reaches(&keystore, "READY").await;
            keystore.shutdown().await;
        }
        let again = ["the agent", "accepted"].repeat(3);
        assert_eq!(stage.logins(), again);
        stage
            .shim
            .inject(&[("C_FindObjectsInit", Some(1), Fault::Answer(DEVICE_ERROR))])
            .unwrap();
        let keystore = stage.start(Vec::new(), "");
        reaches(&keystore, "KEYSTORE_LOCKED").await;
        keystore
            .unlock("1234".into(), None, operator())
            .await
            .unwrap();
        reaches(&keystore, "READY").await;
        keystore.shutdown().await;
    });
}

#[test]
fn a_login_that_waited_is_not_made_at_the_final_try() {
    alone(async |stage| {
        stage.make_token();
        stage.fill_ledger(true);
        let keystore = stage.start(Vec::new(), "holds_root_keys = false");
        reaches(&keystore, "LOGIN_NOT_RECORDED").await;
        stage
            .shim
            .inject(&[("C_GetTokenInfo", None, Fault::Flags(USER_PIN_FINAL_TRY))])
            .unwrap();
        stage.fill_ledger(false);
        reaches(&keystore, "PIN_FINAL_TRY").await;
        assert_eq!(stage.shim.calls("C_Login").unwrap(), 0);
        keystore.shutdown().await;
    });
}

#[test]
fn a_pin_that_its_operator_gave_up_is_not_tried() {
    alone(async |stage| {
        stage.make_token();
        stage.pin("");
        let keystore = stage.start(Vec::new(), "");
        reaches(&keystore, "PIN_UNAVAILABLE").await;
        stage
            .shim
            .inject(&[(
                "C_GetTokenInfo",
                None,
                Fault::Sleep(Duration::from_secs(60)),
            )])
            .unwrap();
        let mut first = Box::pin(keystore.unlock("4321".into(), None, operator()));
        let mut second = Box::pin(keystore.unlock("4321".into(), None, operator()));
        let soon = Duration::from_millis(500);
        assert!(tokio::time::timeout(soon, &mut first).await.is_err());
        assert!(tokio::time::timeout(soon, &mut second).await.is_err());
        drop(second);
        drop(first);
        stage.shim.clear().unwrap();
        let id = "01".parse().unwrap();
        let _ = keystore.inspect("any".parse().unwrap(), id).await;
        // The first may have been begun.
        assert!(stage.shim.calls("C_Login").unwrap() <= 1);
        keystore.shutdown().await;
    });
}
