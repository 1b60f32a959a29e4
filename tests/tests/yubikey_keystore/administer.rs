//! What an administrator does to the YubiKey, and what it refuses.

use privyseal_proto::v1::yubi_keys_client::YubiKeysClient;
use privyseal_proto::v1::{
    ChangePinRequest, ChangePukRequest, DescribeYubiKeyRequest, DeviceAccess, EnrollKeyRequest,
    GenerateKeyRequest, Key, SetManagementKeyRequest, UnblockPinRequest, YubiKey,
};
use privyseal_tests::rpc::Answer;
use privyseal_tests::setup::AUTHORITY;
use virtual_yubikey::{Algorithm, Firmware, PinPolicy, TouchPolicy};

use crate::rival::Rival;
use crate::stage::{FACTORY, PIN, Stage, WRONG, sign};

const PUK: &str = "12345678";
const NEW: &str = "271828";

fn keystore() -> String {
    "yubikey".to_owned()
}

impl Stage {
    fn describe(&self) -> YubiKey {
        let mut client = YubiKeysClient::new(self.rpc.channel());
        let keystore = keystore();
        let described = self
            .rpc
            .wait(client.describe(DescribeYubiKeyRequest { keystore }));
        described.unwrap()
    }

    fn change_pin(&self, old: &str, new: &str) -> Answer<()> {
        let mut client = YubiKeysClient::new(self.rpc.channel());
        let request = ChangePinRequest {
            keystore: keystore(),
            old_pin: old.to_owned(),
            new_pin: new.to_owned(),
        };
        self.rpc.wait(client.change_pin(request)).map(drop)
    }

    fn change_puk(&self, old: &str, new: &str) -> Answer<()> {
        let mut client = YubiKeysClient::new(self.rpc.channel());
        let request = ChangePukRequest {
            keystore: keystore(),
            old_puk: old.to_owned(),
            new_puk: new.to_owned(),
        };
        self.rpc.wait(client.change_puk(request)).map(drop)
    }

    fn unblock(&self, puk: &str, new: &str) -> Answer<()> {
        let mut client = YubiKeysClient::new(self.rpc.channel());
        let request = UnblockPinRequest {
            keystore: keystore(),
            puk: puk.to_owned(),
            new_pin: new.to_owned(),
        };
        self.rpc.wait(client.unblock_pin(request)).map(drop)
    }

    fn keep_management_key(&self, access: DeviceAccess) -> Answer<()> {
        let mut client = YubiKeysClient::new(self.rpc.channel());
        let request = SetManagementKeyRequest {
            keystore: keystore(),
            access: Some(access),
            ..Default::default()
        };
        self.rpc.wait(client.set_management_key(request)).map(drop)
    }

    fn generate(&self, name: &str, slot: &str, replace: bool, pin: &str) -> Answer<Key> {
        self.rpc.generate_as(GenerateKeyRequest {
            keystore: keystore(),
            name: name.to_owned(),
            algorithm: "ecdsa-p256".to_owned(),
            purpose: "tuf".to_owned(),
            authority: AUTHORITY.to_owned(),
            repository: format!("example.org/{slot}"),
            slot: slot.to_owned(),
            replace,
            access: Some(DeviceAccess {
                pin: pin.to_owned(),
                ..DeviceAccess::default()
            }),
            ..Default::default()
        })
    }
}

#[test]
fn a_blocked_pin_is_unblocked_with_the_puk_and_the_keys_are_still_there() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    let mut rival = Rival::new(&stage);
    rival.does("connect");
    rival.does("send 00a4040005a00000030800");
    for answer in ["63c2", "63c1", "6983"] {
        let wrong = rival.does("send 0020008008313131313131ffff");
        assert!(wrong == answer || wrong == "63c0", "{wrong}");
    }
    drop(rival);
    let refused = stage.unlock(PIN).unwrap_err();
    assert_eq!(refused.codes().1, "PIN_LOCKED", "{refused:?}");
    stage.assert_tries(3, 0);

    let refused = stage.unblock("87654321", NEW).unwrap_err();
    assert_eq!(refused.codes().1, "PUK_INCORRECT", "{refused:?}");
    assert_eq!(stage.yubikey.puk_tries(), 2);
    stage.unblock(PUK, NEW).unwrap();
    assert_eq!(stage.yubikey.puk_tries(), 3);
    stage.until_ready();
    stage.unlock(NEW).unwrap();
    stage.opened(&key);
    stage.assert_tries(5, 3);
}

#[test]
fn the_last_try_of_the_puk_is_nobodys() {
    let Some(stage) = Stage::new() else {
        return;
    };
    for left in [2, 1] {
        stage.change_puk("87654321", "11223344").unwrap_err();
        assert_eq!(stage.yubikey.puk_tries(), left);
    }
    for puk in [PUK, "87654321"] {
        let refused = stage.unblock(puk, NEW).unwrap_err();
        assert_eq!(refused.codes().1, "PUK_LOCKED", "{refused:?}");
    }
    assert_eq!(stage.yubikey.puk_tries(), 1);
    assert_eq!(stage.describe().puk.unwrap().left, Some(1));
}

#[test]
fn a_changed_pin_is_typed_anew_and_a_configured_one_not_tried() {
    let Some(stage) = Stage::with_pin_file() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    let repository = stage.opened(&key);
    stage.assert_tries(1, 3);
    let refused = stage.change_pin(WRONG, NEW).unwrap_err();
    assert_eq!(refused.codes().1, "PIN_INCORRECT", "{refused:?}");
    stage.change_pin(PIN, NEW).unwrap();
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "PIN_LATCHED", "{refused:?}");
    stage.unlock(NEW).unwrap();
    sign(&stage.rpc, &repository, 1).unwrap();
    stage.assert_tries(3, 3);
}

#[test]
fn a_management_key_that_nobody_sees_is_kept_under_the_pin() {
    let Some(stage) = Stage::new() else {
        return;
    };
    stage.keep_management_key(DeviceAccess::default()).unwrap();
    let described = stage.describe().management_key.unwrap();
    assert_eq!(
        (described.algorithm.as_str(), described.on_device),
        ("AES-256", true)
    );
    assert_eq!(described.factory, Some(false));
    stage.assert_tries(0, 3);

    let refused = stage.generate("new", "9a", false, "").unwrap_err();
    assert_eq!(refused.codes().1, "MANAGEMENT_KEY_REFUSED", "{refused:?}");
    let refused = stage.generate("new", "9a", false, WRONG).unwrap_err();
    assert_eq!(refused.codes().1, "PIN_INCORRECT", "{refused:?}");
    stage.assert_tries(1, 2);
    stage.generate("new", "9a", false, PIN).unwrap();
    stage.assert_tries(2, 3);
    // It can be replaced by another one of which nobody knows either.
    let pin = PIN.to_owned();
    let access = DeviceAccess {
        pin,
        ..DeviceAccess::default()
    };
    stage.keep_management_key(access).unwrap();
    stage.generate("newer", "9c", false, PIN).unwrap();
    stage.assert_tries(4, 3);
}

#[test]
fn a_key_in_its_slot_is_lost_only_where_that_is_asked_and_never_an_enrolled_one() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let (once, never) = (PinPolicy::Once, TouchPolicy::Never);
    stage
        .yubikey
        .make_key(0x9a, Algorithm::Rsa2048, once, never);
    let refused = stage.generate("new", "9a", false, "").unwrap_err();
    assert_eq!(refused.codes().1, "SLOT_OCCUPIED", "{refused:?}");
    assert!(
        format!("{refused:?}").contains("rsa-pss-2048"),
        "{refused:?}"
    );
    let key = stage.generate("new", "9a", true, "").unwrap();
    let refused = stage.generate("other", "9a", true, "").unwrap_err();
    assert_eq!(refused.codes().1, "SLOT_OCCUPIED", "{refused:?}");
    assert!(
        format!("{refused:?}").contains("key new is enrolled"),
        "{refused:?}"
    );
    let slots = stage.describe().slots;
    assert_eq!(slots.len(), 1);
    assert_eq!(slots[0].public_key, key.public_key);
    let policies = (slots[0].pin_policy.as_str(), slots[0].touch_policy.as_str());
    assert_eq!(policies, ("always", "always"));
    assert_eq!(slots[0].generated, Some(true));
}

#[test]
fn a_key_that_was_made_elsewhere_is_enrolled_only_where_the_config_takes_it() {
    for (more, taken) in [("", false), ("allow_import = true\n", true)] {
        let lines = format!("{FACTORY}{more}");
        let Some(stage) = Stage::with("operator", &lines, Firmware(5, 7, 1)) else {
            return;
        };
        let mut rival = Rival::new(&stage);
        rival.does("connect");
        rival.does("begin");
        rival.does("send 00a4040005a00000030800");
        import(&mut rival);
        rival.does("end");
        let enrolled = stage.rpc.enroll_key(EnrollKeyRequest {
            keystore: keystore(),
            name: "from-elsewhere".to_owned(),
            object_id: "9a".to_owned(),
            purpose: "tuf".to_owned(),
            authority: AUTHORITY.to_owned(),
            repository: "example.org/9a".to_owned(),
            ..Default::default()
        });
        match enrolled {
            Ok(key) => assert!(taken, "{key:?}"),
            Err(refused) => {
                assert!(!taken, "{refused:?}");
                assert_eq!(refused.codes().1, "KEYSTORE_REFUSED", "{refused:?}");
            }
        }
    }
}

/// Proves the factory's management key and writes a P-256 key to slot 9a: PIN once, touch never.
fn import(rival: &mut Rival) {
    // Single authentication (SP 800-73-4, part 2, appendix A.1): a challenge to be enciphered.
    let challenge = rival.does("send 00870a9b047c02810000");
    let challenge = hex::decode(&challenge[8..40]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("challenge");
    std::fs::write(&path, challenge).unwrap();
    let key = "010203040506070801020304050607080102030405060708";
    let enciphered = std::process::Command::new("openssl")
        .args(["enc", "-aes-192-ecb", "-nopad", "-K", key, "-in"])
        .arg(&path)
        .output()
        .unwrap();
    let response = hex::encode(enciphered.stdout);
    assert_eq!(
        rival.does(&format!("send 00870a9b147c128210{response}")),
        "9000"
    );
    let scalar = format!("{}01", "00".repeat(31));
    let written = rival.does(&format!("send 00fe119a280620{scalar}aa0102ab0101"));
    assert_eq!(written, "9000");
}
