use privyseal_tests::records;
use privyseal_tests::setup::Setup;
use privyseal_tests::terminal::Terminal;
use serde_json::Value;
use virtual_yubikey::instruction::GENERATE;
use virtual_yubikey::{Effect, Fault};

use crate::stage::{KEYSTORE, NEWER, OLDER, PIN, PUK, SERIAL, Stage};

const SCRIPT: &str = "yubikey setup root-a --yes --new-pin-file pin --new-puk-file puk --key root-1 \
                      --authority production --repository example.org/packages";

const ALL: [&str; 5] = [
    "change-pin",
    "change-puk",
    "set-management-key",
    "key",
    "attested",
];

/// Yubico's program finds nothing of the factory's, and a key that asks for PIN and touch always.
fn assert_set_up(stage: &Stage) {
    let info = stage.ykman("piv info");
    for word in [
        "default PIN",
        "default PUK",
        "default management",
        "WARNING",
    ] {
        assert!(!info.contains(word), "{word}: {info}");
    }
    assert!(info.contains("protected by PIN"), "{info}");
    assert!(info.contains("AES256"), "{info}");
    let key = stage.ykman("piv keys info 9c");
    let says = |what: &str, value: &str| {
        let mut lines = key.lines();
        lines.any(|line| line.starts_with(what) && line.trim_end().ends_with(value))
    };
    assert!(says("Origin", "GENERATED"), "{key}");
    assert!(says("PIN required", "ALWAYS"), "{key}");
    assert!(says("Touch required", "ALWAYS"), "{key}");
    // The PIN is the one that was chosen.
    stage.ykman(&format!("piv access change-pin -P {PIN} -n an-other"));
}

#[test]
fn a_person_sets_a_new_yubikey_up_in_one_sitting() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    let Some(mut terminal) = Terminal::start(&stage.operator, "yubikey setup root-a") else {
        return;
    };
    let mut answers = |question: &str, answer: &str| {
        terminal.shows(question);
        terminal.types(answer);
    };
    answers(&format!("Set YubiKey {SERIAL} up?"), "y");
    answers("Name of the key [root-a]:", "root-1");
    answers("Authority in the agent's config:", "production");
    answers("Repository:", "example.org/packages");
    answers("new PIN for root-a:", PIN);
    answers("the same again:", PIN);
    answers("new PUK for root-a:", PUK);
    terminal.shows_times("the same again:", 2);
    terminal.types(PUK);
    let answer = terminal.ends();
    assert_eq!(answer.status, 0, "{answer:#?}");
    let shown = &answer.stdout;
    for what in [
        "the PIN is still the one from the factory",
        "PIN: set (record",
        "PUK: set (record",
        "management key: random, kept on the YubiKey under the PIN",
        "key: root-1, ecdsa-p256 in slot 9c",
        &format!("proved: YubiKey {SERIAL}, firmware 5.7.1, slot 9c, PIN always, touch always"),
        "Keep the PUK where the YubiKey is not",
        "privyseal repo init --authority production",
    ] {
        assert!(shown.contains(what), "{what}: {shown}");
    }
    assert!(!shown.contains(PIN) && !shown.contains(PUK), "{shown}");
    assert_eq!(stage.changes(), ALL);
    for secret in [PIN, PUK] {
        stage.assert_nowhere(secret, &[]);
    }
    assert_set_up(&stage);
}

#[test]
fn a_new_pin_that_is_weak_or_mistyped_is_asked_for_again() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    stage.secret("puk", PUK);
    let words = SCRIPT.replace("--new-pin-file pin ", "");
    let Some(mut terminal) = Terminal::start(&stage.operator, &words) else {
        return;
    };
    terminal.shows("new PIN for root-a:");
    terminal.types("87654321");
    terminal.shows("follow each other");
    terminal.shows_times("new PIN for root-a:", 2);
    terminal.types(PIN);
    terminal.shows("the same again:");
    terminal.types("p1n:47xp");
    terminal.shows("these were two different ones");
    terminal.shows_times("new PIN for root-a:", 3);
    assert!(
        stage.changes().is_empty(),
        "nothing is done before there is a PIN"
    );
    terminal.types(PIN);
    terminal.shows_times("the same again:", 2);
    terminal.types(PIN);
    let answer = terminal.ends();
    assert_eq!(answer.status, 0, "{answer:#?}");
    assert_eq!(stage.changes(), ALL);
    assert_set_up(&stage);
}

#[test]
fn a_script_sets_an_older_yubikey_up_with_files_and_is_warned() {
    let Some(stage) = Stage::new(OLDER) else {
        return;
    };
    stage.secret("pin", PIN);
    stage.secret("puk", PUK);
    let shown = stage.operator.ok(SCRIPT);
    assert!(shown.contains("warning: EUCLEAK"), "{shown}");
    assert_eq!(stage.changes(), ALL);
    for secret in [PIN, PUK] {
        stage.assert_nowhere(secret, &["pin", "puk"]);
    }

    // The same again has nothing to do, and tries no PIN.
    let (tries, journal) = (
        stage.yubikey.verify_count(),
        records::events(&stage.rpc()).len(),
    );
    let shown = stage.operator.ok(SCRIPT);
    for what in [
        "PIN: set already",
        "PUK: set already",
        "kept on the YubiKey",
        "root-1, made already",
    ] {
        assert!(shown.contains(what), "{what}: {shown}");
    }
    assert_eq!(stage.yubikey.verify_count(), tries);
    assert_eq!(records::events(&stage.rpc()).len(), journal);
    assert_set_up(&stage);
}

#[test]
fn an_interrupted_sitting_goes_on_where_it_ended() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    stage.secret("pin", PIN);
    stage.secret("puk", PUK);
    stage
        .yubikey
        .fail(Fault::once(GENERATE, Effect::Status(0x6F00)));
    let answer = stage.operator.run(SCRIPT);
    answer.assert_refused(4, "KEYSTORE_REFUSED");
    assert_eq!(stage.changes(), &ALL[..3]);
    let shown = stage.operator.ok(SCRIPT);
    assert!(shown.contains("PIN: set already"), "{shown}");
    assert!(
        shown.contains("key: root-1, ecdsa-p256 in slot 9c"),
        "{shown}"
    );
    assert_eq!(stage.changes(), ALL);
    assert_set_up(&stage);
}

#[test]
fn a_script_that_does_not_say_enough_changes_nothing() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    let said = stage.fails(
        "yubikey setup root-a --key root-1",
        "no terminal to confirm on",
    );
    assert!(said.contains("--yes"), "{said}");
    let said = stage.fails(
        "yubikey setup root-a --yes",
        "Authority in the agent's config",
    );
    assert!(said.contains("--authority"), "{said}");
    let said = stage.fails(&SCRIPT.replace("--new-pin-file pin ", ""), "no terminal");
    assert!(said.contains("--new-pin-file"), "{said}");
    assert!(stage.changes().is_empty());
    let info: Value =
        serde_json::from_str(&stage.operator.ok("yubikey info root-a --json")).unwrap();
    assert_eq!(info["pin"]["factory"], true);
    assert_eq!(info["slots"], Value::Array(Vec::new()));
    assert_eq!(info["keystore"], KEYSTORE);
}

#[test]
fn a_key_that_the_agent_does_not_know_is_not_overwritten() {
    let Some(stage) = Stage::new(NEWER) else {
        return;
    };
    stage.secret("pin", PIN);
    stage.secret("puk", PUK);
    stage.yubikey.make_key(
        0x9c,
        virtual_yubikey::Algorithm::P256,
        virtual_yubikey::PinPolicy::Always,
        virtual_yubikey::TouchPolicy::Always,
    );
    stage.fails(SCRIPT, "a key is in slot 9c that the agent does not know");
    assert!(stage.changes().is_empty());
    let shown = stage.operator.ok("yubikey info root-a --json");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert!(shown["slots"][0]["key"].is_null(), "{shown}");
    // Another slot is free.
    stage.operator.ok(&format!("{SCRIPT} --slot 82"));
    assert_eq!(stage.changes(), ALL);
}

#[test]
fn a_root_key_for_images_is_for_many_repositories_where_the_config_says_so() {
    let images =
        "[[authority]]\nname = \"images\"\ndialect = \"notary\"\nshared_keys = [\"root-*\"]\n";
    let stage = Stage::with(NEWER, |_, token| Setup::new(token).section(images));
    let Some(stage) = stage else { return };
    stage.secret("pin", PIN);
    stage.secret("puk", PUK);
    let words = "yubikey setup root-a --yes --new-pin-file pin --new-puk-file puk --key root-1 \
                 --images --authority images --algorithm ecdsa-p384 --slot 9A";
    let shown = stage.operator.ok(words);
    assert!(
        shown.contains("key: root-1, ecdsa-p384 in slot 9a"),
        "{shown}"
    );
    assert!(
        shown.contains("privyseal trust init IMAGE --root-key root-1"),
        "{shown}"
    );
    let key: Value = serde_json::from_str(&stage.operator.ok("key show root-1 --json")).unwrap();
    assert_eq!(
        (&key["role"], &key["repository"]),
        (&"root".into(), &"**".into())
    );
    assert_eq!(stage.changes(), ALL);
    let shown = stage.ykman("piv keys info 9a");
    assert!(shown.contains("ECCP384"), "{shown}");
}
