//! Keys are destroyed, and nothing else is.

use super::*;

#[test]
fn a_key_is_destroyed_and_nothing_that_stands_in_its_place() {
    alone(async |stage| {
        stage.make_token();
        let keystore = stage.start(Vec::new(), "holds_root_keys = false");
        reaches(&keystore, "READY").await;
        let key = generate(&keystore, "goes", Algorithm::EcdsaP256).await;
        let stays = generate(&keystore, "stays", Algorithm::Ed25519).await;
        keystore
            .bind(vec![Arc::clone(&key), Arc::clone(&stays)])
            .await
            .unwrap();
        let replaced = BoundKey {
            name: "replaced".parse().unwrap(),
            object_id: stays.object_id.clone(),
            ..(*key).clone()
        };
        let elsewhere = BoundKey {
            name: "elsewhere".parse().unwrap(),
            token_serial: "0123456789abcdef".parse().unwrap(),
            ..(*key).clone()
        };
        for (key, expected) in [(replaced, "KEY_MISMATCH"), (elsewhere, "TOKEN_SWAPPED")] {
            assert_eq!(reason(keystore.destroy(Arc::new(key)).await), expected);
        }
        assert_eq!(stage.shim.calls("C_DestroyObject").unwrap(), 0);
        // Once more is no error: it is gone.
        for _ in 0..2 {
            keystore.destroy(Arc::clone(&key)).await.unwrap();
            assert_eq!(stage.shim.calls("C_DestroyObject").unwrap(), 2);
        }
        let inspect = async |key: &BoundKey| {
            let found = keystore.inspect(key.name.clone(), key.object_id.clone());
            reason(found.await)
        };
        assert_eq!(inspect(&key).await, "KEY_NOT_FOUND");
        assert_eq!(inspect(&stays).await, "OK");
        let bound = keystore.keys();
        assert_eq!(bound.len(), 1);
        assert!(bound[0].usable() && bound[0].key == stays);
        keystore.shutdown().await;
    });
}

#[test]
fn what_is_to_go_while_its_token_is_away_goes_when_it_is_back() {
    alone(async |stage| {
        stage.make_token();
        let keystore = stage.start(Vec::new(), "holds_root_keys = false");
        reaches(&keystore, "READY").await;
        let key = generate(&keystore, "goes", Algorithm::EcdsaP256).await;
        keystore.bind(vec![Arc::clone(&key)]).await.unwrap();
        stage.take_away();
        reaches(&keystore, "TOKEN_NOT_FOUND").await;
        let answer = keystore.destroy(Arc::clone(&key)).await;
        assert_eq!(reason(answer), "TOKEN_NOT_FOUND");
        assert!(keystore.keys().is_empty());
        stage.bring_back();
        reaches(&keystore, "READY").await;
        // The supervisor does one thing after the other, and this after that.
        let found = keystore.inspect(key.name.clone(), key.object_id.clone());
        assert_eq!(reason(found.await), "KEY_NOT_FOUND");
        assert_eq!(stage.shim.calls("C_DestroyObject").unwrap(), 2);
        keystore.shutdown().await;
    });
}

#[test]
fn a_public_half_without_its_private_one_is_what_a_crash_left() {
    alone(async |stage| {
        stage.make_token();
        let keystore = stage.start(Vec::new(), "holds_root_keys = false");
        reaches(&keystore, "READY").await;
        let key = generate(&keystore, "goes", Algorithm::EcdsaP256).await;
        assert!(delete(&key, "privkey"));
        keystore.destroy(Arc::clone(&key)).await.unwrap();
        assert_eq!(stage.shim.calls("C_DestroyObject").unwrap(), 1);
        assert!(!delete(&key, "pubkey"), "it is gone already");

        let key = generate(&keystore, "stays", Algorithm::EcdsaP256).await;
        assert!(delete(&key, "pubkey"));
        let answer = keystore.destroy(Arc::clone(&key)).await;
        assert_eq!(
            reason(answer),
            "KEY_MISMATCH",
            "nobody could tell whose it is"
        );
        keystore.shutdown().await;
    });
}

/// Somebody else deletes one half of a key.
fn delete(key: &BoundKey, half: &str) -> bool {
    let id = key.object_id.to_string();
    let ran = Command::new("pkcs11-tool")
        .args(["--module", MODULE, "--token-label", "main"])
        .args(["--login", "--pin", "1234"])
        .args(["--delete-object", "--type", half, "--id", &id])
        .output();
    ran.unwrap().status.success()
}
