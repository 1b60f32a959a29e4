use serde_json::Value;

use crate::stage::{KEYSTORE, OLDER, SERIAL, Stage};

#[test]
fn what_is_plugged_in_is_listed_with_the_lines_that_make_it_a_keystore() {
    let Some(mut stage) = Stage::new(OLDER) else {
        return;
    };
    let other = stage.other.profile().serial;
    stage.yubikey.clear_journal();
    stage.other.clear_journal();
    let listed: Value = serde_json::from_str(&stage.operator.ok("yubikey list --json")).unwrap();
    let of = |serial: u32| {
        let mut listed = listed.as_array().unwrap().iter();
        let serial = serial.to_string();
        let found = listed.find(|one| one["serial"] == serial.as_str());
        found.unwrap_or_else(|| panic!("{serial}: {listed:?}"))
    };
    assert_eq!(of(SERIAL)["keystore"], KEYSTORE);
    assert_eq!(of(SERIAL)["firmware"], "5.4.3");
    assert!(of(other)["keystore"].is_null());
    assert!(
        of(other)["warnings"][0]
            .as_str()
            .unwrap()
            .contains("EUCLEAK")
    );
    // No PIN was tried.
    assert_eq!(stage.yubikey.verify_count() + stage.other.verify_count(), 0);

    let shown = stage.operator.ok("yubikey list");
    let (_, lines) = shown.split_once("\n[[keystore]]\n").unwrap();
    let (lines, then) = lines.split_once("\n\n").unwrap();
    let name = format!("yubikey-{other}");
    assert!(
        then.contains(&format!("privyseal yubikey setup {name}")),
        "{shown}"
    );
    stage
        .agent
        .configure(|setup| setup.section(&format!("[[keystore]]\n{lines}\n")));
    assert!(stage.agent.stop().success());
    stage.agent.start_without_token();
    let info = format!("yubikey info {name}");
    let shown = privyseal_tests::wait::until("the other YubiKey", || {
        let answer = stage.operator.run(&info);
        (answer.status == 0).then_some(answer.stdout)
    });
    assert!(shown.contains(&other.to_string()), "{shown}");
    let shown = stage.operator.ok("yubikey list");
    assert!(!shown.contains("[[keystore]]"), "{shown}");
}

#[test]
fn an_empty_row_of_ports_is_told_and_a_missing_pcscd_too() {
    let Some(mut stage) = Stage::new(OLDER) else {
        return;
    };
    stage.plugboard.pull(&stage.yubikey.clone());
    stage.plugboard.pull(&stage.other.clone());
    let shown = stage.operator.ok("yubikey list");
    assert_eq!(shown, "no YubiKey is plugged in where the agent runs\n");
    stage.fails("yubikey info root-a", "KEYSTORE_ABSENT");
    stage.plugboard.stop_pcscd();
    let shown = stage.operator.ok("yubikey list");
    assert!(shown.contains("pcscd does not answer"), "{shown}");
}
