//! PINs: where they come from, how seldom they are tried, and where they never appear.

#[cfg(test)]
mod suite {
    use std::fs::{self, Permissions};
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use privyseal_proto::ledger::v1::LoginClosed;
    use privyseal_proto::ledger::v1::record::Event;
    use privyseal_proto::v1::UnlockRequest;
    use privyseal_proto::v1::keystore_status::State;
    use privyseal_tests::agent::Agent;
    use privyseal_tests::client::Client;
    use privyseal_tests::repository::Repository;
    use privyseal_tests::rpc::Rpc;
    use privyseal_tests::setup::{AUTHORITY, Setup};
    use privyseal_tests::shim::{Fault, USER_PIN_FINAL_TRY, USER_PIN_LOCKED};
    use privyseal_tests::shim_stage::ShimStage;
    use privyseal_tests::token::write_secret;
    use privyseal_tests::{metadata, records, require, wait};
    use tonic::Code;

    const WRONG: &str = "000111222333";

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// Waits for this state of `hsm` with these words in its detail.
    fn says(agent: &mut Agent, state: State, words: &[&str]) {
        agent.wait_state(|status| {
            let keystore = &status.keystores[0];
            keystore.state() == state && words.iter().all(|word| keystore.detail.contains(word))
        });
    }

    fn locked_with_operator_pin(more: &str) -> Option<ShimStage> {
        let mut stage = ShimStage::stopped("")?;
        let uri = stage.token.uri();
        stage.reconfigure_keystore(&uri, "\"operator\"", more);
        stage.agent.start_without_token();
        says(
            &mut stage.agent,
            State::Locked,
            &["privyseal agent unlock hsm"],
        );
        assert_eq!(stage.calls("C_Login"), 0);
        Some(stage)
    }

    /// What the ledger holds of logins that ended.
    fn logins(rpc: &Rpc) -> Vec<LoginClosed> {
        let events = records::events(rpc).into_iter();
        let closed = events.filter_map(|event| match event {
            Event::LoginClosed(closed) => Some(closed),
            _ => None,
        });
        closed.collect()
    }

    #[test]
    fn a_pin_file_that_others_may_read_is_refused() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        let file = stage.token.pin_file().to_owned();
        chmod(&file, 0o640);
        stage.agent.start_without_token();
        let path = file.display().to_string();
        let words = [&path, "0640", "chmod 0400", "unlock hsm --again"];
        says(&mut stage.agent, State::Locked, &words);
        assert_eq!(stage.calls("C_Login"), 0);
        chmod(&file, 0o400);
        stage.client("operator").ok("agent unlock hsm --again");
        says(&mut stage.agent, State::Ready, &[]);
        assert_eq!(stage.calls("C_Login"), 1);
    }

    #[test]
    fn a_systemd_credential_is_a_pin_source() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        let uri = stage.token.uri();
        let credential = "{ credential = \"hsm-pin\" }";
        stage.reconfigure_keystore(&uri, credential, "");
        stage.agent.start_without_token();
        let words = ["CREDENTIALS_DIRECTORY", "LoadCredential"];
        says(&mut stage.agent, State::Locked, &words);
        assert!(stage.agent.stop().success());
        let directory = stage.sandbox.directory("credentials");
        write_secret(&directory.join("hsm-pin"), stage.token.pin());
        // As systemd leaves them where it grants access with an ACL.
        chmod(&directory.join("hsm-pin"), 0o440);
        stage
            .agent
            .configure(|setup| setup.environment("CREDENTIALS_DIRECTORY", &directory));
        stage.agent.start();
        assert_eq!(stage.calls("C_Login"), 1);
    }

    #[test]
    fn the_operator_unlocks_with_a_file() {
        let Some(mut stage) = locked_with_operator_pin("") else {
            return;
        };
        let client = stage.client("operator");
        let file = stage.token.pin_file().to_owned();
        let unlock = format!("agent unlock hsm --pin-file {}", file.display());
        chmod(&file, 0o644);
        let refused = client.run(&unlock);
        assert_ne!(refused.status, 0);
        assert!(refused.stderr.contains("chmod 600"), "{refused:#?}");
        assert_eq!(stage.calls("C_Login"), 0);
        chmod(&file, 0o600);
        let unlocked = client.run(&unlock);
        assert!(
            unlocked.status == 0 && !unlocked.stderr.contains("proven"),
            "{unlocked:#?}"
        );
        says(&mut stage.agent, State::Ready, &[]);
        // Logged in, the token says nothing of a PIN.
        let again = client.run(&unlock);
        assert!(
            again.status == 0 && again.stderr.contains("not proven"),
            "{again:#?}"
        );
        let logins = logins(&stage.rpc());
        assert!(logins.len() == 1 && logins[0].accepted, "{logins:?}");
        // Without a terminal there is nobody to ask.
        let nobody = client.run("agent unlock hsm");
        assert_ne!(nobody.status, 0);
        assert!(nobody.stderr.contains("--pin-file"), "{nobody:#?}");
    }

    #[test]
    fn the_operator_types_the_pin_and_it_is_not_shown() {
        if !require::program("script") || !require::program("stty") {
            return;
        }
        let Some(mut stage) = locked_with_operator_pin("") else {
            return;
        };
        let shown = type_pin(&stage.client("operator"), stage.token.pin());
        assert!(shown.contains("PIN of keystore hsm"), "{shown}");
        assert!(!shown.contains(stage.token.pin()), "{shown}");
        says(&mut stage.agent, State::Ready, &[]);
        assert_eq!(stage.calls("C_Login"), 1);
    }

    /// Runs `agent unlock hsm` on a terminal of its own, types the PIN once it no longer echoes,
    /// and returns all that the terminal showed.
    fn type_pin(client: &Client, pin: &str) -> String {
        let program = require::binary("privyseal");
        let words = format!("tty; exec {} agent unlock hsm", program.display());
        let unlock = client.command::<&str>([]);
        let environment = unlock
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        let mut script = Command::new("script")
            .envs(environment)
            .current_dir(client.home())
            .args(["--quiet", "--return", "--flush", "--command", &words])
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(script.stdout.take().unwrap());
        let mut terminal = String::new();
        output.read_line(&mut terminal).unwrap();
        wait::until("the terminal to stop its echo", || {
            let told = Command::new("stty")
                .args(["-a", "-F", terminal.trim()])
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&told.stdout).into_owned();
            told.split_whitespace()
                .any(|word| word == "-echo")
                .then_some(())
        });
        let mut typed = script.stdin.take().unwrap();
        writeln!(typed, "{pin}").unwrap();
        let mut shown = String::new();
        for line in output.lines() {
            shown.push_str(&line.unwrap());
            shown.push('\n');
        }
        drop(typed);
        assert!(script.wait().unwrap().success(), "{shown}");
        shown
    }

    #[test]
    fn a_wrong_pin_is_tried_once_whatever_happens_then() {
        let Some(mut stage) = ShimStage::stopped("holds_root_keys = false") else {
            return;
        };
        write_secret(stage.token.pin_file(), WRONG);
        stage.agent.start_without_token();
        let words = ["refused the PIN (CKR_PIN_INCORRECT)", "unlock hsm --again"];
        says(&mut stage.agent, State::PinRefused, &words);
        assert_eq!(stage.calls("C_Login"), 1);
        // The token comes and goes; the agent is stopped, killed, stopped.
        stage.token.vanish();
        says(&mut stage.agent, State::Absent, &[]);
        stage.token.come_back();
        let latched = ["CKR_PIN_INCORRECT", "until a person says so"];
        says(&mut stage.agent, State::PinRefused, &latched);
        assert_eq!(stage.calls("C_Login"), 1);
        for end in [stop, Agent::kill, stop] {
            end(&mut stage.agent);
            stage.agent.start_without_token();
            says(&mut stage.agent, State::PinRefused, &latched);
            assert_eq!(stage.calls("C_Login"), 0);
        }
        // The file is corrected, and a person says so.
        write_secret(stage.token.pin_file(), stage.token.pin());
        stage.client("operator").ok("agent unlock hsm --again");
        says(&mut stage.agent, State::Ready, &[]);
        assert_eq!(stage.calls("C_Login"), 1);
        stage.agent.restart();
        assert_eq!(stage.calls("C_Login"), 1);
    }

    fn stop(agent: &mut Agent) {
        assert!(agent.stop().success());
    }

    #[test]
    fn a_person_who_types_a_wrong_pin_is_told_and_latches_too() {
        let Some(mut stage) = locked_with_operator_pin("") else {
            return;
        };
        let file = stage.sandbox.join("typed");
        write_secret(&file, WRONG);
        let client = stage.client("operator");
        let refused = client.run(&format!("agent unlock hsm --pin-file {}", file.display()));
        assert_ne!(refused.status, 0);
        assert!(refused.stderr.contains("PIN_INCORRECT"), "{refused:#?}");
        assert!(!refused.stderr.contains(WRONG), "{refused:#?}");
        says(&mut stage.agent, State::PinRefused, &[]);
        // There is no source to be used again.
        let refusal = stage.rpc().unlock_as(UnlockRequest {
            keystore: "hsm".to_owned(),
            again: true,
            ..UnlockRequest::default()
        });
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.reason, "PIN_UNAVAILABLE", "{refusal:?}");
        assert_eq!(stage.calls("C_Login"), 1);
        stage.rpc().unlock("hsm", stage.token.pin()).unwrap();
        assert_eq!(stage.calls("C_Login"), 2);
        let ends: Vec<_> = logins(&stage.rpc())
            .into_iter()
            .map(|login| login.answer)
            .collect();
        assert_eq!(ends, ["CKR_PIN_INCORRECT", ""]);
    }

    #[test]
    fn no_pin_is_tried_at_the_last_try_not_even_a_persons() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        let cases = [
            (USER_PIN_FINAL_TRY, "PIN_FINAL_TRY", "one more wrong PIN"),
            (USER_PIN_LOCKED, "PIN_LOCKED", "SO PIN"),
        ];
        for (flag, reason, words) in cases {
            let flags = [("C_GetTokenInfo", None, Fault::Flags(flag))];
            stage.shim.inject(&flags).unwrap();
            stage.agent.start_without_token();
            says(&mut stage.agent, State::PinRefused, &[words]);
            let rpc = stage.rpc();
            let refusal = rpc.unlock("hsm", stage.token.pin()).unwrap_err();
            let expected = (Code::FailedPrecondition, reason);
            assert_eq!(refusal.codes(), expected, "{refusal:?}");
            let client = stage.client("operator");
            let again = client.run("agent unlock hsm --again");
            assert!(
                again.status != 0 && again.stderr.contains(reason),
                "{again:#?}"
            );
            assert_eq!(stage.calls("C_Login"), 0);
            assert!(stage.agent.stop().success());
        }
        // Somebody reset the counter with the token's own tool. A login was never begun, so
        // nothing is latched.
        stage.shim.clear().unwrap();
        stage.agent.start();
    }

    #[test]
    fn an_agent_killed_within_a_login_tries_no_pin_until_a_person_acts() {
        let Some(mut stage) = ShimStage::stopped("holds_root_keys = false") else {
            return;
        };
        let sleep = Fault::Sleep(Duration::from_secs(600));
        stage.shim.inject(&[("C_Login", None, sleep)]).unwrap();
        stage.forget_calls();
        let agent = &mut stage.agent;
        agent.start_without_token();
        wait::until("C_Login", || {
            (stage.shim.calls("C_Login").ok()? == 1).then_some(())
        });
        // It answers while the call hangs.
        agent.rpc().try_status().unwrap();
        agent.kill();
        stage.shim.clear().unwrap();
        for _ in 0..2 {
            agent.start_without_token();
            let words = ["no recorded end", "privyseal agent unlock hsm"];
            says(agent, State::PinRefused, &words);
            assert_eq!(stage.shim.calls("C_Login").unwrap(), 0);
            agent.kill();
        }
        agent.start_without_token();
        says(agent, State::PinRefused, &[]);
        let file = stage.token.pin_file().display();
        let client = stage.client("operator");
        client.ok(&format!("agent unlock hsm --pin-file {file}"));
        stage.agent.wait_ready();
        stage.agent.restart();
    }

    #[test]
    fn what_a_person_locked_stays_locked_until_a_person_unlocks_it() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let repository = Repository::open(&stage.rpc(), "app");
        let document = metadata::targets(1, &[("a", b"a")]);
        let client = stage.client("operator");
        client.ok("agent lock hsm");
        let words = ["locked it", "privyseal agent unlock hsm"];
        says(&mut stage.agent, State::Locked, &words);
        for end in [stop, Agent::kill] {
            end(&mut stage.agent);
            stage.agent.start_without_token();
            says(&mut stage.agent, State::Locked, &words);
            assert_eq!(stage.calls("C_Login"), 0);
            let refusal = repository.sign(&stage.rpc(), "targets", &document);
            assert_eq!(refusal.unwrap_err().reason, "KEYSTORE_LOCKED");
        }
        client.ok("agent unlock hsm --again");
        repository.sign(&stage.rpc(), "targets", &document).unwrap();
        // An unlocked keystore is no longer held back.
        stage.agent.restart();
    }

    #[test]
    fn only_operators_lock_and_unlock() {
        let Some(mut stage) = ShimStage::running("") else {
            return;
        };
        let me = format!("uid:{}", nix::unistd::geteuid());
        for (granted, reason) in [(me.as_str(), "OPERATOR_ONLY"), ("uid:54321", "NO_GRANT")] {
            let setup = Setup::bare(stage.token.conf())
                .shim(&stage.shim)
                .keystore("hsm", &stage.token, "")
                .section(&format!("[[authority]]\nname = \"{AUTHORITY}\""))
                .section(&privyseal_tests::setup::grant(granted));
            assert!(stage.agent.stop().success());
            stage.agent.configure(|_| setup);
            stage.forget_calls();
            stage.agent.spawn();
            let socket = stage.agent.socket();
            let rpc = wait::until("the agent", || Rpc::try_connect(&socket));
            wait::until("the login", || {
                (stage.shim.calls("C_Login").ok()? == 1).then_some(())
            });
            let refusals = [
                rpc.lock("hsm").unwrap_err(),
                rpc.unlock("hsm", stage.token.pin()).unwrap_err(),
                rpc.unlock("none", stage.token.pin()).unwrap_err(),
            ];
            for refusal in refusals {
                let expected = (Code::PermissionDenied, reason);
                assert_eq!(refusal.codes(), expected, "{refusal:?}");
            }
            assert_eq!(stage.calls("C_Login"), 1);
            assert_eq!(stage.calls("C_Logout"), 0);
        }
    }

    #[test]
    fn the_pin_appears_nowhere() {
        let Some(mut stage) = ShimStage::stopped("holds_root_keys = false") else {
            return;
        };
        stage
            .agent
            .configure(|setup| setup.environment("RUST_LOG", "trace"));
        stage.agent.start();
        let pin = stage.token.pin().to_owned();
        let client = stage.client("operator");
        let typed = stage.sandbox.join("typed");
        let mut said = String::new();
        for given in [WRONG, &pin] {
            said += &client.ok("agent lock hsm");
            write_secret(&typed, given);
            let unlock = format!("agent unlock hsm --pin-file {}", typed.display());
            let answer = client.run(&unlock);
            said += &format!("{answer:?}");
        }
        said += &client.ok("agent status --json");
        // A remembered PIN, too.
        stage.token.vanish();
        says(&mut stage.agent, State::Absent, &[]);
        stage.token.come_back();
        stage.agent.wait_ready();
        let process = PathBuf::from(format!("/proc/{}", stage.agent.pid()));
        for file in ["environ", "cmdline"] {
            let content = fs::read(process.join(file)).unwrap();
            assert!(!content.is_empty(), "{file}");
            assert_without(&content, &pin, file);
        }
        assert!(stage.agent.stop().success());
        let log = stage.agent.log();
        assert!(
            log.contains("TRACE") && log.contains("PIN_INCORRECT"),
            "a quiet log"
        );
        assert_without(log.as_bytes(), &pin, "the log");
        assert_without(said.as_bytes(), &pin, "the client");
        for entry in fs::read_dir(stage.agent.ledger()).unwrap() {
            let path = entry.unwrap().path();
            assert_without(&fs::read(&path).unwrap(), &pin, "the ledger");
        }
        assert_without(&fs::read(stage.agent.config()).unwrap(), &pin, "the config");
    }

    /// Asserts that neither the PIN nor the wrong one is in there: as text, as hex, as a list of
    /// numbers.
    fn assert_without(content: &[u8], pin: &str, what: &str) {
        let content = String::from_utf8_lossy(content);
        for pin in [pin, WRONG] {
            let numbers: Vec<_> = pin.bytes().map(|byte| byte.to_string()).collect();
            for form in [pin.to_owned(), hex::encode(pin), numbers.join(", ")] {
                assert!(!content.contains(&form), "a PIN is in {what}");
            }
        }
    }

    #[test]
    fn a_pin_in_the_config_is_refused_and_not_repeated() {
        let Some(mut stage) = ShimStage::stopped("") else {
            return;
        };
        let pin = stage.token.pin().to_owned();
        let (uri, source) = (stage.token.uri(), stage.pin());
        let in_uri = [
            format!("{uri}?pin-value={pin}"),
            format!("{uri};pin-value={pin}"),
            format!("{uri}?pin-source={pin}"),
        ];
        let in_setting = [
            format!("\"{pin}\""),
            pin.trim_start_matches('0').to_owned(),
            format!("{{ value = \"{pin}\" }}"),
        ];
        let in_uri = in_uri.iter().map(|uri| (uri.as_str(), source.as_str(), ""));
        let in_setting = in_setting
            .iter()
            .map(|pin| (uri.as_str(), pin.as_str(), ""));
        let beside = [format!("user_pin = \"{pin}\"")];
        let beside = beside
            .iter()
            .map(|more| (uri.as_str(), source.as_str(), more.as_str()));
        let cases: Vec<_> = in_uri.chain(in_setting).chain(beside).collect();
        for (uri, source, more) in cases {
            stage.reconfigure_keystore(uri, source, more);
            let checked = stage.agent.command().arg("--check").output().unwrap();
            let said = String::from_utf8_lossy(&checked.stderr).into_owned();
            assert!(!checked.status.success(), "{uri} {source} {more}");
            assert!(!said.contains(&pin[2..]), "{said}");
            assert!(said.contains("line "), "{said}");
            if more.is_empty() {
                assert!(said.contains("pin = "), "{said}");
            }
            // It does not start with it either.
            let (status, log) = stage.agent.refused();
            assert!(!status.success());
            assert!(!log.contains(&pin[2..]), "{log}");
        }
    }
}
