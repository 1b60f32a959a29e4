use privyseal_proto::v1::{
    ChangePinRequest, ChangePukRequest, DescribeYubiKeyRequest, DeviceAccess,
    ImportCertificateRequest, ListYubiKeysRequest, SetManagementKeyRequest, UnblockPinRequest,
};
use privyseal_tests::rpc::{Refusal, Rpc};
use privyseal_tests::setup::{AUTHORITY, Setup, grant};

use crate::stage::{KEYSTORE, NEWER, PIN, PUK, Stage};

/// Every method, with what would do it; how each was refused.
fn refusals(rpc: &Rpc, keystore: &str) -> Vec<Refusal> {
    let client = || Stage::yubikeys(rpc);
    let keystore = || keystore.to_owned();
    let access = || Some(DeviceAccess::default());
    let changed = [
        rpc.wait(client().change_pin(ChangePinRequest {
            keystore: keystore(),
            old_pin: "123456".to_owned(),
            new_pin: PIN.to_owned(),
        })),
        rpc.wait(client().change_puk(ChangePukRequest {
            keystore: keystore(),
            old_puk: "12345678".to_owned(),
            new_puk: PUK.to_owned(),
        })),
        rpc.wait(client().unblock_pin(UnblockPinRequest {
            keystore: keystore(),
            puk: "12345678".to_owned(),
            new_pin: PIN.to_owned(),
        })),
        rpc.wait(client().set_management_key(SetManagementKeyRequest {
            keystore: keystore(),
            access: access(),
            new_management_key: String::new(),
        })),
        rpc.wait(client().import_certificate(ImportCertificateRequest {
            keystore: keystore(),
            access: access(),
            slot: "9c".to_owned(),
            certificate: b"-----BEGIN".to_vec(),
        })),
    ];
    let described = rpc.wait(client().describe(DescribeYubiKeyRequest {
        keystore: keystore(),
    }));
    let changed = changed.into_iter().map(|answer| answer.map(drop));
    let all = changed.chain([described.map(drop)]);
    all.map(Result::unwrap_err).collect()
}

#[test]
fn callers_who_are_no_operators_get_nothing() {
    let user = nix::unistd::geteuid();
    let Some(stage) = Stage::with(NEWER, |_, token| {
        Setup::bare(token.conf())
            .agent("operators = [\"uid:4711\"]")
            .keystore("hsm", token, "")
            .section(&format!("[[authority]]\nname = \"{AUTHORITY}\"\n"))
            .section(&grant(&format!("uid:{user}")))
    }) else {
        return;
    };
    let rpc = stage.rpc();
    stage.yubikey.clear_journal();
    let listed = rpc.wait(Stage::yubikeys(&rpc).list(ListYubiKeysRequest {}));
    assert_eq!(listed.unwrap_err().reason, "OPERATOR_ONLY");
    for refusal in refusals(&rpc, KEYSTORE) {
        assert_eq!(refusal.reason, "OPERATOR_ONLY", "{refusal:?}");
    }
    // Nor do they learn which keystores there are.
    for refusal in refusals(&rpc, "none") {
        assert_eq!(refusal.reason, "OPERATOR_ONLY", "{refusal:?}");
    }
    assert_eq!(stage.yubikey.journal(), []);
    stage
        .operator
        .run("yubikey list")
        .assert_refused(4, "OPERATOR_ONLY");
}

#[test]
fn only_a_yubikey_is_set_up() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    let rpc = stage.rpc();
    for keystore in ["hsm", "none", ""] {
        let malformed = refusals(&rpc, keystore).into_iter();
        for refusal in malformed.filter(|refusal| refusal.reason != "REQUEST_MALFORMED") {
            assert_eq!(refusal.reason, "UNKNOWN_KEYSTORE", "{refusal:?}");
        }
    }
    let said = stage.fails("yubikey info hsm", "UNKNOWN_KEYSTORE");
    assert!(said.contains("of kind `pkcs11`"), "{said}");
    assert!(stage.changes().is_empty());
}

#[test]
fn the_agent_itself_takes_no_secret_that_everybody_knows() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    let rpc = stage.rpc();
    let client = || Stage::yubikeys(&rpc);
    let puk = rpc.wait(client().change_puk(ChangePukRequest {
        keystore: KEYSTORE.to_owned(),
        old_puk: PUK.to_owned(),
        new_puk: "12345678".to_owned(),
    }));
    let pin = |old: &str, new: &str| {
        rpc.wait(client().change_pin(ChangePinRequest {
            keystore: KEYSTORE.to_owned(),
            old_pin: old.to_owned(),
            new_pin: new.to_owned(),
        }))
    };
    for refused in [
        puk,
        pin(PIN, "123456"),
        pin(PIN, "12345"),
        pin("123456789", PIN),
        pin("", PIN),
        pin(PIN, "12345\u{e9}"),
    ] {
        assert_eq!(refused.unwrap_err().reason, "REQUEST_MALFORMED");
    }
    assert!(stage.changes().is_empty());
    assert_eq!(stage.yubikey.pin_tries(), 3);
}
