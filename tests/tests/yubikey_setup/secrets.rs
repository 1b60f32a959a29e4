use privyseal_tests::records;
use privyseal_tests::setup::Setup;
use privyseal_tests::tmpfs::Tmpfs;
use virtual_yubikey::instruction::{CHANGE_REFERENCE_DATA, PUT_DATA, RESET_RETRY_COUNTER};

use crate::stage::{NEWER, OLDER, PIN, PUK, Stage};

const OTHER_PIN: &str = "n3w-91vb";

/// A stage whose YubiKey has [`PIN`] and [`PUK`], in the files `pin` and `puk`.
fn prepared() -> Option<Stage> {
    let stage = Stage::new(NEWER)?;
    stage.secret("factory-pin", "123456");
    stage.secret("factory-puk", "12345678");
    stage.secret("pin", PIN);
    stage.secret("puk", PUK);
    stage.secret("wrong", "wr0ng-00");
    stage.secret("other", OTHER_PIN);
    let words = "yubikey change-pin root-a --pin-file factory-pin --new-pin-file pin";
    stage.operator.ok(words);
    let words = "yubikey change-puk root-a --puk-file factory-puk --new-puk-file puk";
    stage.operator.ok(words);
    Some(stage)
}

#[test]
fn pins_are_changed_and_a_wrong_one_costs_one_try() {
    let Some(stage) = prepared() else { return };
    let change = "yubikey change-pin root-a --pin-file wrong --new-pin-file other";
    let said = stage.fails(change, "PIN_INCORRECT");
    assert!(said.contains("2 tries left"), "{said}");
    assert_eq!(stage.yubikey.pin_tries(), 2);
    let said = stage.operator.ok("yubikey info root-a");
    assert!(said.contains("2 of 3 tries left"), "{said}");
    let change = "yubikey change-pin root-a --pin-file pin --new-pin-file other";
    let said = stage.operator.ok(change);
    assert!(said.contains("the PIN was changed (record"), "{said}");
    assert_eq!(stage.yubikey.pin_tries(), 3);
    stage.ykman(&format!("piv access change-pin -P {OTHER_PIN} -n {PIN}"));
    assert_eq!(
        stage.changes(),
        ["change-pin", "change-puk", "change-pin", "change-pin"]
    );
    for secret in [PIN, PUK, OTHER_PIN, "wr0ng-00"] {
        stage.assert_nowhere(secret, &["pin", "puk", "other", "wrong"]);
    }
}

#[test]
fn a_blocked_pin_is_set_anew_with_the_puk_whose_last_try_is_never_used() {
    let Some(stage) = prepared() else { return };
    let change = "yubikey change-pin root-a --pin-file wrong --new-pin-file other";
    stage.fails(change, "PIN_INCORRECT");
    stage.fails(change, "PIN_INCORRECT");
    stage.fails(change, "PIN_FINAL_TRY");
    assert_eq!(stage.yubikey.pin_tries(), 1);
    // Another program used the last one up.
    assert_ne!(
        stage
            .try_ykman("piv access change-pin -P wr0ng-00 -n wr0ng-01")
            .status,
        0
    );
    assert_eq!(stage.yubikey.pin_tries(), 0);
    stage.fails(change, "PIN_LOCKED");
    let said = stage.operator.ok("yubikey info root-a");
    assert!(
        said.contains("BLOCKED") && said.contains("the PIN is blocked"),
        "{said}"
    );
    let said = stage.fails("yubikey setup root-a --yes", "the PIN is blocked");
    assert!(said.contains("privyseal yubikey unblock root-a"), "{said}");

    let unblock = "yubikey unblock root-a --puk-file puk --new-pin-file puk";
    stage.fails(unblock, "it is the PUK");
    let unblock = "yubikey unblock root-a --puk-file wrong --new-pin-file other";
    let said = stage.fails(unblock, "PUK_INCORRECT");
    assert!(said.contains("2 tries left"), "{said}");
    let said = stage
        .operator
        .ok("yubikey unblock root-a --puk-file puk --new-pin-file other");
    assert!(said.contains("there is a new PIN"), "{said}");
    assert_eq!(
        (stage.yubikey.pin_tries(), stage.yubikey.puk_tries()),
        (3, 3)
    );
    stage.ykman(&format!("piv access change-pin -P {OTHER_PIN} -n {PIN}"));

    stage.fails(unblock, "PUK_INCORRECT");
    stage.fails(unblock, "PUK_INCORRECT");
    stage.fails(unblock, "PUK_LOCKED");
    assert_eq!(stage.yubikey.puk_tries(), 1);
}

#[test]
fn a_given_management_key_is_set_and_certificates_go_beside_their_keys() {
    let Some(stage) = prepared() else { return };
    let key = "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8c1c2c3c4c5c6c7c8";
    stage.secret("key.hex", key);
    let said = stage
        .operator
        .ok("yubikey set-management-key root-a --new-management-key-file key.hex");
    assert!(said.contains("keep it safe"), "{said}");
    stage.assert_nowhere(key, &["key.hex"]);
    let generate = "key generate root-1 --keystore root-a --authority production \
                    --repository example.org/packages";
    stage
        .operator
        .ok(&format!("{generate} --management-key-file key.hex"));

    // What the YubiKey attests of its key is a certificate of it.
    stage.ykman("piv keys attest 9c att.pem");
    let import = "yubikey import-certificate root-a 9c";
    let foreign = stage.sandbox.join("maker.pem");
    let words = format!(
        "{import} {} --management-key-file key.hex",
        foreign.display()
    );
    stage.fails(&words, "another key than slot 9c's");
    stage.fails(
        &format!("{import} key.hex --management-key-file key.hex"),
        "REQUEST_MALFORMED",
    );
    stage
        .operator
        .ok(&format!("{import} att.pem --management-key-file key.hex"));
    stage.ykman("piv certificates export 9c exported.pem");
    let read = |name: &str| std::fs::read_to_string(stage.operator.home().join(name)).unwrap();
    assert_eq!(read("exported.pem").trim(), read("att.pem").trim());
    let shown = stage.operator.ok("yubikey info root-a");
    assert!(
        shown
            .lines()
            .any(|line| line.starts_with("9c") && line.ends_with("yes")),
        "{shown}"
    );

    // From now on the YubiKey keeps a random one.
    stage
        .operator
        .ok("yubikey set-management-key root-a --management-key-file key.hex");
    assert!(stage.ykman("piv info").contains("protected by PIN"));
    stage
        .operator
        .ok(&format!("{import} att.pem --pin-file pin"));
    let changes = stage.changes();
    let imports = changes
        .iter()
        .filter(|change| *change == "import-certificate");
    assert_eq!(imports.count(), 3, "{changes:?}");
}

#[test]
fn nothing_is_asked_of_the_device_where_it_cannot_be_recorded() {
    let mut disk = None;
    let stage = Stage::with(OLDER, |sandbox, token| {
        disk = Tmpfs::mount(&sandbox.join("agent/ledger"), 1 << 20);
        Setup::new(token)
    });
    let (Some(stage), Some(_disk)) = (stage, disk) else {
        return;
    };
    stage.secret("factory-pin", "123456");
    stage.secret("factory-puk", "12345678");
    stage.secret("pin", PIN);
    stage.secret("puk", PUK);
    drop(std::fs::write(
        stage.agent.ledger().join("filler"),
        vec![1; 1 << 20],
    ));
    let rpc = stage.rpc();
    let full = (0..20_000).find_map(|_| rpc.lock("hsm").err());
    assert_eq!(
        full.expect("the disk is full some time").reason,
        "LEDGER_FULL"
    );

    stage.yubikey.clear_journal();
    for words in [
        "change-pin root-a --pin-file factory-pin --new-pin-file pin",
        "change-puk root-a --puk-file factory-puk --new-puk-file puk",
        "unblock root-a --puk-file factory-puk --new-pin-file pin",
        "set-management-key root-a",
    ] {
        stage.fails(&format!("yubikey {words}"), "LEDGER_FULL");
    }
    let changing = [CHANGE_REFERENCE_DATA, RESET_RETRY_COUNTER, PUT_DATA, 0xFF];
    for event in stage.yubikey.journal() {
        assert!(!changing.iter().any(|ins| event.is(*ins)), "{event:?}");
    }
    assert!(stage.ykman("piv info").contains("Using default PIN"));
}

#[test]
fn what_can_be_no_secret_is_neither_sent_nor_recorded() {
    let Some(stage) = prepared() else { return };
    let records = records::events(&stage.rpc()).len();
    stage.yubikey.clear_journal();
    stage.secret("short", "12345");
    stage.secret("touched", "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut");
    stage.fails(
        "yubikey change-pin root-a --pin-file short --new-pin-file other",
        "6 to 8",
    );
    stage.fails(
        "yubikey change-pin root-a --pin-file touched --new-pin-file other",
        "touched",
    );
    stage.fails(
        "yubikey change-puk root-a --puk-file puk --new-puk-file factory-puk",
        "follow",
    );
    stage.fails(
        "yubikey set-management-key root-a --new-management-key-file pin",
        "REQUEST_MALFORMED",
    );
    let home = stage.operator.home();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(home.join("pin"), open).unwrap();
    let said = stage.fails(
        "yubikey change-pin root-a --pin-file pin --new-pin-file other",
        "read by others",
    );
    assert!(said.contains("chmod 600 pin"), "{said}");
    assert_eq!(records::events(&stage.rpc()).len(), records);
    assert!(
        !stage
            .yubikey
            .journal()
            .iter()
            .any(|event| event.is(CHANGE_REFERENCE_DATA))
    );
}
