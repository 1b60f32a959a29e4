//! Several documents that wait for one YubiKey, and certificates.

use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::terminal::Terminal;
use virtual_yubikey::Touch;

use crate::stage::{NAME, PIN, SERIAL, Stage, sign};

impl Stage {
    /// A project with two delegated roles, each with a key on the YubiKey that asks for its PIN so.
    fn delegates(&self, pin_policy: &str) -> String {
        let project = self.project("--pin-policy never --touch-policy never");
        for (name, slot) in [("one", "82"), ("other", "83")] {
            self.operator.ok(&format!(
                "key generate {name} --keystore safe --authority {AUTHORITY} --repository {NAME} \
                 --slot {slot} --pin-policy {pin_policy} --touch-policy never"
            ));
            project.repo(&format!("delegate {name} --key {name} --path {name}/*"));
        }
        self.yubikey.clear_journal();
        sign(&project)
    }
}

/// Whichever of them comes first.
fn question() -> String {
    format!("PIN of YubiKey {SERIAL}, to sign ")
}

#[test]
fn each_pin_is_asked_for_where_each_document_needs_one() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let mut terminal = Terminal::start(&stage.operator, &stage.delegates("always")).unwrap();
    terminal.shows(&question());
    terminal.types(PIN);
    // Either may have gone on with it; the other one is asked about.
    terminal.shows(&format!(
        "v1 of {NAME}\r\nPIN of YubiKey {SERIAL}, to sign "
    ));
    terminal.types(PIN);
    for role in ["one", "other"] {
        terminal.shows(&format!(
            "YubiKey {SERIAL} has signed delegated role \"{role}\" v1 of {NAME}"
        ));
    }
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{said:#?}");
    stage.assert_tries(4);
}

#[test]
fn one_pin_is_enough_where_the_yubikey_needs_it_once() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let mut terminal = Terminal::start(&stage.operator, &stage.delegates("once")).unwrap();
    terminal.shows(&question());
    terminal.types(PIN);
    for role in ["one", "other"] {
        terminal.shows(&format!(
            "YubiKey {SERIAL} has signed delegated role \"{role}\" v1 of {NAME}"
        ));
    }
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{said:#?}");
    assert_eq!(said.stdout.matches(&question()).count(), 1, "{said:#?}");
}

#[test]
fn a_certificate_asks_for_the_pin_and_a_touch_too() {
    let Some(stage) = Stage::new() else {
        return;
    };
    stage.operator.ok(
        "trust key generate root-y --role root --keystore safe --authority images \
         --repository example.org/app",
    );
    stage.yubikey.set_touch(Touch::Wait);
    let words = "trust key certificate root-y -o root.pem";
    let mut terminal = Terminal::start(&stage.operator, words).unwrap();
    let about = "a certificate of key root-y for example.org/app";
    terminal.shows(&format!("PIN of YubiKey {SERIAL}, to sign {about}: "));
    terminal.types(PIN);
    terminal.shows(&format!("touch your YubiKey {SERIAL} now, to sign {about}"));
    stage.touch();
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{said:#?}");
    assert!(stage.operator.home().join("root.pem").exists());
    stage.assert_tries(2);
}
