//! An agent with a YubiKey, its operator, and ykman for a judge.

use std::fs;
use std::path::Path;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::yubi_keys_client::YubiKeysClient;
use privyseal_tests::agent::Agent;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::rpc::Rpc;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::Setup;
use privyseal_tests::token::{Token, Tokens, write_secret};
use privyseal_tests::ykman::Ykman;
use privyseal_tests::{records, require};
use tonic::transport::Channel;
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Authority, Firmware, Profile, VirtualYubiKey};

/// With AES management keys, and a known weakness.
pub(crate) const OLDER: Firmware = Firmware(5, 4, 3);
pub(crate) const NEWER: Firmware = Firmware(5, 7, 1);

/// What nobody else writes anywhere by chance.
pub(crate) const PIN: &str = "p1n:47xq";
pub(crate) const PUK: &str = "puK-83zw";

pub(crate) const SERIAL: u32 = 15_012_345;
const OTHER: u32 = 15_067_890;

/// The names of the devices' keystores, and what makes them so.
pub(crate) const KEYSTORE: &str = "root-a";

pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) operator: Client,
    /// In the config, as keystore `root-a`.
    pub(crate) yubikey: VirtualYubiKey,
    /// In none.
    pub(crate) other: VirtualYubiKey,
    pub(crate) plugboard: Plugboard,
    ykman: Ykman,
    pub(crate) sandbox: Sandbox,
}

impl Stage {
    /// With a YubiKey as it leaves the factory. Says that the test is skipped where something is
    /// missing.
    pub(crate) fn new(firmware: Firmware) -> Option<Self> {
        Self::with(firmware, |_, token| Setup::new(token))
    }

    pub(crate) fn with(
        firmware: Firmware,
        setup: impl FnOnce(&Sandbox, &Token) -> Setup,
    ) -> Option<Self> {
        if let Some(why) = Plugboard::missing() {
            require::skip(why);
            return None;
        }
        let ykman = Ykman::find()?;
        if !require::softhsm() {
            return None;
        }
        let sandbox = Sandbox::new();
        let maker = Authority::new();
        let root = sandbox.write("maker.pem", maker.root_pem());
        let made = |serial| VirtualYubiKey::made_by(&maker, Profile::new(serial, firmware));
        let (yubikey, other) = (made(SERIAL), made(OTHER));
        let mut plugboard = Plugboard::new(&sandbox.directory("plugboard"), 2);
        plugboard.plug(&yubikey);
        plugboard.plug(&other);

        let token = Tokens::new(&sandbox, "tokens").token("one");
        let setup = setup(&sandbox, &token)
            .environment("PCSCLITE_CSOCK_NAME", plugboard.socket())
            .section(&format!(
                "[attestation]\nroots = [\"{}\"]\n",
                root.display()
            ))
            .section(&format!(
                "[[keystore]]\nname = \"{KEYSTORE}\"\nkind = \"piv\"\nserial = {SERIAL}\n\
                 pin = \"operator\"\n"
            ));
        let mut agent = Agent::new(&sandbox, "agent", &setup);
        agent.start_without_token();
        agent.wait_state(|status| {
            let seen = status
                .keystores
                .iter()
                .all(|of| of.state() != State::Absent);
            let hsm = status.keystores.iter().find(|of| of.name == "hsm");
            seen && hsm.is_some_and(|hsm| hsm.state() == State::Ready)
        });
        let operator = Client::new(&sandbox, "operator", &agent);
        Some(Self {
            agent,
            operator,
            yubikey,
            other,
            plugboard,
            ykman,
            sandbox,
        })
    }

    pub(crate) fn rpc(&self) -> Rpc {
        self.agent.rpc()
    }

    pub(crate) fn yubikeys(rpc: &Rpc) -> YubiKeysClient<Channel> {
        YubiKeysClient::new(rpc.channel())
    }

    /// A file with a secret that only its owner may read, for the operator.
    pub(crate) fn secret(&self, name: &str, secret: &str) {
        write_secret(&self.operator.home().join(name), secret);
    }

    /// A command of the operator that must fail with this reason.
    pub(crate) fn fails(&self, words: &str, reason: &str) -> String {
        let answer = self.operator.run(words);
        assert!(
            answer.status != 0 && answer.stderr.contains(reason),
            "privyseal {words}: not {reason}: {answer:#?}"
        );
        answer.stderr
    }

    /// What the ledger says was done to a YubiKey, in order.
    pub(crate) fn changes(&self) -> Vec<String> {
        let events = records::events(&self.rpc()).into_iter();
        let changes = events.filter_map(|event| match event {
            Event::DeviceChanged(changed) => {
                assert_eq!(changed.keystore, KEYSTORE);
                assert!(changed.operator.is_some());
                Some(changed.change)
            }
            Event::KeyEnrolled(key) if key.keystore == KEYSTORE => Some("key".to_owned()),
            Event::KeyAttested(_) => Some("attested".to_owned()),
            _ => None,
        });
        changes.collect()
    }

    /// Yubico's own program, with the YubiKey of the config; what it printed.
    pub(crate) fn ykman(&self, words: &str) -> String {
        let answer = self.try_ykman(words);
        assert_eq!(answer.status, 0, "ykman {words}: {answer:#?}");
        answer.stdout + &answer.stderr
    }

    pub(crate) fn try_ykman(&self, words: &str) -> Answer {
        let socket = self.plugboard.socket();
        let ran = self
            .ykman
            .command(&self.sandbox, &socket)
            .current_dir(self.operator.home())
            .args(["--device", &SERIAL.to_string()])
            .args(words.split_whitespace())
            .output();
        ran.unwrap().into()
    }

    /// Asserts that a secret is in no file of the agent or the operator but in those of `secrets`.
    pub(crate) fn assert_nowhere(&self, secret: &str, secrets: &[&str]) {
        let mut open = vec![
            self.agent.directory().to_owned(),
            self.operator.home().to_owned(),
        ];
        let mut files = 0;
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    open.push(entry.path());
                } else if kind.is_file() && !secrets.iter().any(|own| entry.file_name() == *own) {
                    assert_absent(&entry.path(), secret);
                    files += 1;
                }
            }
        }
        assert!(files >= 3, "log, config and ledger are among them: {files}");
    }
}

fn assert_absent(path: &Path, secret: &str) {
    let content = fs::read(path).unwrap();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [secret, &hex] {
        let found = content
            .windows(form.len())
            .any(|part| part == form.as_bytes());
        assert!(!found, "{} holds a secret", path.display());
    }
}
