//! An agent with a YubiKey, and its operator.

use std::process::{Child, Stdio};
use std::time::Duration;

use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::waiting::Kind;
use privyseal_tests::agent::Agent;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::project::Project;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup, grant};
use privyseal_tests::token::{Token, Tokens, write_secret};
use privyseal_tests::{require, wait};
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Authority, Firmware, Profile, Touch, VirtualYubiKey};

pub(crate) const NAME: &str = "example.org/app";
pub(crate) const SERIAL: u32 = 21_000_571;
/// The PIN that a YubiKey leaves the factory with, which the keystore takes.
pub(crate) const PIN: &str = "123456";

/// What is asked of a person for the first root.
pub(crate) const ABOUT: &str = "root v1 of example.org/app";

/// The agent ends before the YubiKey is pulled out, and that before the directory goes.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) operator: Client,
    pub(crate) yubikey: VirtualYubiKey,
    pub(crate) plugboard: Plugboard,
    token: Token,
    keystore: String,
    pub(crate) sandbox: Sandbox,
}

impl Stage {
    /// With a YubiKey in the keystore `safe`, and a token in `hsm`. Says that the test is skipped where
    /// something is missing.
    pub(crate) fn new() -> Option<Self> {
        if let Some(why) = Plugboard::missing() {
            require::skip(why);
            return None;
        }
        if !require::softhsm() || !require::program("script") {
            return None;
        }
        let sandbox = Sandbox::new();
        let token = Tokens::new(&sandbox, "tokens").token("one");
        let maker = Authority::new();
        let root = sandbox.write("maker.pem", maker.root_pem());
        let profile = Profile::new(SERIAL, Firmware(5, 7, 1));
        let yubikey = VirtualYubiKey::made_by(&maker, profile);
        yubikey.set_touch(Touch::Wait);
        let mut plugboard = Plugboard::new(&sandbox.directory("board"), 1);
        plugboard.plug(&yubikey);
        let keystore = format!(
            "[[keystore]]\nname = \"safe\"\nkind = \"piv\"\nserial = {SERIAL}\npin = \"operator\"\n\
             accept_factory = [\"pin\", \"puk\", \"management-key\"]\n\
             [attestation]\nyubico = false\nroots = [\"{}\"]\n",
            root.display()
        );
        let user = nix::unistd::geteuid();
        let setup = setup(&token, &plugboard, &keystore, &format!("uid:{user}"));
        let mut agent = Agent::new(&sandbox, "agent", &setup);
        agent.start_without_token();
        let operator = Client::new(&sandbox, "operator", &agent);
        write_secret(&operator.home().join("pin"), PIN);
        let mut stage = Self {
            agent,
            operator,
            yubikey,
            plugboard,
            token,
            keystore,
            sandbox,
        };
        stage.wait_plugged_in();
        Some(stage)
    }

    /// Starts the agent anew with nobody of this user for an operator.
    pub(crate) fn without_operators(&mut self) {
        let setup = setup(&self.token, &self.plugboard, &self.keystore, "uid:4711");
        self.agent.configure(|_| setup);
        self.agent.stop();
        self.agent.start_without_token();
        self.wait_plugged_in();
    }

    fn wait_plugged_in(&mut self) {
        self.agent.wait_state(|status| {
            let mut keystores = status.keystores.iter();
            keystores.all(|keystore| keystore.state() != State::Absent)
        });
    }

    /// A project whose root key `root-a` is on the YubiKey; `more` are further words of
    /// `privyseal key generate` for it.
    pub(crate) fn project(&self, more: &str) -> Project {
        self.operator.ok(&format!(
            "key generate root-a --keystore safe --authority {AUTHORITY} --repository {NAME} {more}"
        ));
        let project = Project::new(&self.sandbox, "project", self.operator.clone());
        project.generate(NAME, "targets snapshot timestamp", "");
        project.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root root-a --root-threshold 1 \
             --targets targets --snapshot snapshot --timestamp timestamp"
        ));
        project
    }

    /// Begins a command without a terminal.
    pub(crate) fn begins(&self, words: &str) -> Child {
        let mut command = self.operator.command(words.split_whitespace());
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().unwrap()
    }

    /// Waits until the agent waits for a person.
    pub(crate) fn awaited(&self, kind: Kind) {
        let rpc = self.agent.rpc();
        wait::until("a person to be waited for", || {
            let status = rpc.try_status().ok()?;
            let mut waiting = status.keystores.iter().flat_map(|it| &it.waiting);
            waiting.any(|waiting| waiting.kind() == kind).then_some(())
        });
    }

    pub(crate) fn touch(&self) {
        let wanted = self
            .yubikey
            .wait_until_touch_is_wanted(Duration::from_secs(60));
        assert!(wanted && self.yubikey.touch());
    }

    /// No try of the PIN is lost, and so many were made.
    pub(crate) fn assert_tries(&self, made: usize) {
        assert_eq!(
            self.yubikey.verify_count(),
            made,
            "{:#?}",
            self.yubikey.journal()
        );
        assert_eq!(self.yubikey.pin_tries(), 3);
        assert!(!self.yubikey.pin_is_verified());
    }
}

pub(crate) fn answer(child: Child) -> Answer {
    child.wait_with_output().unwrap().into()
}

/// The words that sign the first root, and what comes after it.
pub(crate) fn sign(project: &Project) -> String {
    format!("repo -C {} sign --yes", project.directory().display())
}

fn setup(token: &Token, plugboard: &Plugboard, keystore: &str, operator: &str) -> Setup {
    let user = nix::unistd::geteuid();
    Setup::bare(token.conf())
        .agent(&format!("operators = [\"{operator}\"]"))
        .keystore("hsm", token, "")
        .environment("PCSCLITE_CSOCK_NAME", plugboard.socket())
        .section(&format!("[[authority]]\nname = \"{AUTHORITY}\"\n"))
        .section("[[authority]]\nname = \"images\"\ndialect = \"notary\"\n")
        .section(keystore)
        .section(&grant(&format!("uid:{user}")))
        .section(&grant(&format!("uid:{user}")).replace(AUTHORITY, "images"))
}
