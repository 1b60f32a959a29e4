//! PINs and touches at the terminal, and where there is none.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use privyseal_proto::v1::waiting::Kind;
use privyseal_tests::terminal::Terminal;
use privyseal_tests::{require, wait};

use crate::stage::{ABOUT, PIN, SERIAL, Stage, answer, sign};

/// What a YubiKey types when it is touched in a text field.
const ONE_TIME_PASSWORD: &str = "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut";

fn question() -> String {
    format!("PIN of YubiKey {SERIAL}, to sign {ABOUT}: ")
}

fn touch() -> String {
    format!("touch your YubiKey {SERIAL} now, to sign {ABOUT}")
}

#[test]
fn a_pin_is_typed_where_it_is_asked_for_and_a_wrong_one_again_by_hand() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = stage.project("");
    stage.yubikey.clear_journal();
    let mut terminal = Terminal::start(&stage.operator, &sign(&project)).unwrap();
    terminal.shows(&question());
    terminal.types(ONE_TIME_PASSWORD);
    terminal.shows("one-time password");
    terminal.shows(&format!("nothing was sent\r\n{}", question()));
    terminal.types("12345");
    terminal.shows("6 to 8 characters");
    assert_eq!(stage.yubikey.verify_count(), 0);
    terminal.shows(&format!(
        "6 to 8 characters; nothing was sent\r\n{}",
        question()
    ));
    terminal.types("654321");
    terminal.shows(&format!("(2 tries left)\r\n{}", question()));
    assert_eq!(stage.yubikey.pin_tries(), 2);
    terminal.types(PIN);
    terminal.shows(&touch());
    stage.touch();
    terminal.shows(&format!("YubiKey {SERIAL} has signed {ABOUT}"));
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{said:#?}");
    for secret in [ONE_TIME_PASSWORD, PIN, "654321"] {
        assert!(!said.stdout.contains(secret), "{said:#?}");
    }
    // The wrong one, the right one when it was typed, and again for the signature.
    stage.assert_tries(3);
}

#[test]
fn a_question_that_somebody_else_answered_is_taken_back() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = stage.project("");
    let mut terminal = Terminal::start(&stage.operator, &sign(&project)).unwrap();
    terminal.shows(&question());
    // Not a whole line: half a PIN.
    terminal.presses("123");
    stage.operator.ok("agent unlock safe --pin-file pin");
    terminal.shows("is no longer asked for");
    terminal.shows(&touch());
    // Nothing reads this any more, least of all as a PIN.
    terminal.types("456");
    stage.touch();
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{said:#?}");
    stage.assert_tries(2);
}

#[test]
fn where_nobody_can_type_it_is_said_what_to_do_elsewhere() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = stage.project("");
    let signing = stage.begins(&sign(&project));
    stage.awaited(Kind::Pin);
    stage.operator.ok("agent unlock safe --pin-file pin");
    // A touch before it is told of needs no telling.
    stage.awaited(Kind::Touch);
    stage.touch();
    let said = answer(signing);
    assert_eq!(said.status, 0, "{said:#?}");
    let needs = format!("YubiKey {SERIAL} needs its PIN, to sign {ABOUT}: within ");
    assert!(said.stderr.contains(&needs), "{said:#?}");
    assert!(said.stderr.contains("`privyseal agent unlock safe`"));
    assert!(said.stderr.contains(&touch()));
    assert!(!said.stdout.contains("YubiKey"), "{said:#?}");
    stage.assert_tries(2);
}

#[test]
fn who_is_no_operator_is_told_so_and_not_asked() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let project = stage.project("");
    stage.without_operators();
    stage.yubikey.clear_journal();
    let terminal = Terminal::start(&stage.operator, &sign(&project)).unwrap();
    terminal.shows("you are no operator of agent");
    terminal.shows(&format!("YubiKey {SERIAL} needs its PIN"));
    drop(terminal);
    assert_eq!(stage.yubikey.verify_count(), 0);
}

#[test]
fn a_person_may_decline_or_interrupt_and_the_terminal_is_as_it_was() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let project = stage.project("");
    stage.yubikey.clear_journal();
    // Ctrl-D: the request waits on, for who types it elsewhere.
    let mut terminal = Terminal::start(&stage.operator, &sign(&project)).unwrap();
    terminal.shows(&question());
    terminal.presses("\u{4}");
    terminal.shows("no PIN was typed");
    terminal.shows("`privyseal agent unlock safe`");
    // Ctrl-C, which is a signal again.
    terminal.presses("\u{3}");
    assert_ne!(terminal.ends().status, 0);

    // And Ctrl-C while the PIN is asked for.
    let mut terminal = Terminal::start(&stage.operator, &sign(&project)).unwrap();
    terminal.shows(&question());
    terminal.presses("12\u{3}");
    assert_ne!(terminal.ends().status, 0);
    assert_eq!(stage.yubikey.verify_count(), 0);
}

#[test]
fn unlock_asks_by_the_yubikeys_number() {
    let Some(stage) = Stage::new() else {
        return;
    };
    stage.project("");
    stage.yubikey.clear_journal();
    let mut terminal = Terminal::start(&stage.operator, "agent unlock safe").unwrap();
    terminal.shows(&format!("PIN of YubiKey {SERIAL}: "));
    terminal.types(ONE_TIME_PASSWORD);
    let said = terminal.ends();
    assert!(
        said.status == 1 && said.stdout.contains("one-time password"),
        "{said:#?}"
    );
    assert_eq!(stage.yubikey.verify_count(), 0);
    let mut terminal = Terminal::start(&stage.operator, "agent unlock safe").unwrap();
    terminal.shows(&format!("PIN of YubiKey {SERIAL}: "));
    terminal.types(PIN);
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{said:#?}");
    assert!(!said.stdout.contains(PIN));
    stage.assert_tries(1);
}

#[test]
fn a_signal_leaves_no_terminal_that_shows_nothing() {
    if !require::program("stty") {
        return;
    }
    let Some(stage) = Stage::new() else {
        return;
    };
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let program = require::binary("privyseal");
        let asks = format!("tty; echo $$; exec {} agent unlock safe", program.display());
        let client = stage.operator.command::<&str>([]);
        let environment = client.get_envs();
        let mut script = Command::new("script")
            .envs(environment.filter_map(|(name, value)| Some((name, value?))))
            .current_dir(stage.operator.home())
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(format!("sh -c '{asks}'; echo ended $?; stty -a"))
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shown = BufReader::new(script.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            shown.read_line(&mut line).unwrap();
            line.trim().to_owned()
        };
        let (terminal, process) = (line(), line());
        wait::until("the terminal to stop its echo", || {
            let mut stty = Command::new("stty");
            let told = stty.args(["-a", "-F", &terminal]).output().unwrap();
            let told = String::from_utf8_lossy(&told.stdout).into_owned();
            told.contains("-icanon").then_some(())
        });
        kill(Pid::from_raw(process.parse().unwrap()), signal).unwrap();
        let mut rest = String::new();
        shown.read_to_string(&mut rest).unwrap();
        script.wait().unwrap();
        let is_set = |word| rest.split_whitespace().any(|told| told == word);
        assert!(rest.contains("ended 130"), "{signal}: {rest}");
        assert!(["echo", "icanon", "isig"].into_iter().all(is_set), "{rest}");
    }
}
