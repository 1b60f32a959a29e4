//! A virtual YubiKey as a keystore of an agent.

use std::thread::JoinHandle;

use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::waiting::Kind;
use privyseal_proto::v1::{GenerateKeyRequest, Key, KeystoreStatus, Signed, Waiting};
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata::{self, RoleOf, Roles};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::token::Tokens;
use privyseal_tests::{require, wait};
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Firmware, Profile, Reselect, VirtualYubiKey};

/// The PIN that a YubiKey leaves the factory with.
pub(crate) const PIN: &str = "123456";
/// A PIN that is not its.
pub(crate) const WRONG: &str = "654321";
/// Its serial number.
pub(crate) const SERIAL: u32 = 12_345_678;

/// What most tests take although everybody knows it.
pub(crate) const FACTORY: &str = "accept_factory = [\"pin\", \"puk\", \"management-key\"]\n";

/// An agent with a YubiKey in its keystore `yubikey`, and a token for its ledger.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) rpc: Rpc,
    pub(crate) yubikey: VirtualYubiKey,
    pub(crate) plugboard: Plugboard,
    _sandbox: Sandbox,
}

impl Stage {
    /// With a PIN that operators type, and secrets from the factory taken.
    pub(crate) fn new() -> Option<Self> {
        Self::with("operator", FACTORY, Firmware(5, 7, 1))
    }

    /// With the PIN in a file.
    pub(crate) fn with_pin_file() -> Option<Self> {
        Self::with("file", FACTORY, Firmware(5, 7, 1))
    }

    /// With further lines of the keystore's config.
    pub(crate) fn with(pin: &str, more: &str, firmware: Firmware) -> Option<Self> {
        // The worse of two beliefs: what another program verified is still verified.
        Self::of(pin, more, firmware, Reselect::Keep)
    }

    /// As [`Self::with`], with what the YubiKey forgets when PIV is selected again.
    pub(crate) fn of(
        pin: &str,
        more: &str,
        firmware: Firmware,
        reselect: Reselect,
    ) -> Option<Self> {
        let yubikey = VirtualYubiKey::new(Profile {
            reselect,
            ..Profile::new(SERIAL, firmware)
        });
        if !require::softhsm() {
            return None;
        }
        if let Some(why) = Plugboard::missing() {
            require::skip(why);
            return None;
        }
        let sandbox = Sandbox::new();
        let token = Tokens::new(&sandbox, "tokens").token("ledger");
        let mut plugboard = Plugboard::new(&sandbox.directory("board"), 2);
        plugboard.plug(&yubikey);
        let pin = match pin {
            "file" => {
                let path = sandbox.join("pin");
                privyseal_tests::token::write_secret(&path, PIN);
                format!("{{ file = \"{}\" }}", path.display())
            }
            pin => format!("\"{pin}\""),
        };
        let setup = Setup::new(&token)
            .environment("PCSCLITE_CSOCK_NAME", plugboard.socket())
            .section(&format!(
                "[[keystore]]\nname = \"yubikey\"\nkind = \"piv\"\nserial = {SERIAL}\npin = {pin}\n{more}"
            ));
        let mut agent = Agent::new(&sandbox, "agent", &setup);
        agent.start_without_token();
        let rpc = agent.rpc();
        let stage = Self {
            agent,
            rpc,
            yubikey,
            plugboard,
            _sandbox: sandbox,
        };
        stage.until("the YubiKey to be found", |found| {
            found.state() != State::Absent
        });
        Some(stage)
    }

    /// What the agent says of the keystore.
    pub(crate) fn status(&self) -> KeystoreStatus {
        status(&self.rpc)
    }

    /// Waits until it says what is wanted.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&KeystoreStatus) -> bool) {
        wait::until(what, || Some(self.status()).filter(&wanted));
    }

    pub(crate) fn until_ready(&self) {
        self.until("the keystore to be ready", |found| {
            found.state() == State::Ready
        });
    }

    /// Waits until a person is waited for, and says for what.
    pub(crate) fn awaited(&self, kind: Kind) -> Waiting {
        wait::until("a person to be waited for", || {
            let waiting = self.status().waiting;
            waiting.into_iter().find(|waiting| waiting.kind() == kind)
        })
    }

    /// Makes a key, with policies such as "always"; it is named like its slot.
    pub(crate) fn key(&self, slot: &str, algorithm: &str, pin: &str, touch: &str) -> Key {
        let made = self.rpc.generate_as(GenerateKeyRequest {
            keystore: "yubikey".to_owned(),
            name: format!("key-{slot}"),
            algorithm: algorithm.to_owned(),
            purpose: "tuf".to_owned(),
            authority: AUTHORITY.to_owned(),
            repository: format!("example.org/{slot}"),
            slot: slot.to_owned(),
            pin_policy: pin.to_owned(),
            touch_policy: touch.to_owned(),
            ..GenerateKeyRequest::default()
        });
        made.unwrap()
    }

    /// A repository of one key, which signed its first root.
    pub(crate) fn opened(&self, key: &Key) -> Repository {
        repository(key).opened(&self.rpc)
    }

    /// Has the next targets signed, while the test goes on.
    pub(crate) fn signing(
        &self,
        repository: &Repository,
        version: u64,
    ) -> JoinHandle<Answer<Signed>> {
        let (rpc, repository) = (self.rpc.clone(), repository.clone());
        std::thread::spawn(move || sign(&rpc, &repository, version))
    }

    /// Has a first root signed, while the test goes on.
    pub(crate) fn opening(&self, key: &Key) -> JoinHandle<Answer<Signed>> {
        let (rpc, repository) = (self.rpc.clone(), repository(key));
        std::thread::spawn(move || {
            let root = metadata::root(1, &repository.roles);
            let mut request = repository.request("root", &repository.key("root").name, &root);
            let first_root = metadata::digest(&root).to_string();
            if let Some(lineage) = &mut request.lineage {
                lineage.first_root = first_root;
            }
            rpc.sign(request)
        })
    }

    pub(crate) fn unlock(&self, pin: &str) -> Answer<KeystoreStatus> {
        self.rpc.unlock("yubikey", pin)
    }

    /// Nothing is left of a PIN that was verified, and this is how often one was.
    pub(crate) fn assert_tries(&self, verified: usize, left: u8) {
        assert_eq!(
            self.yubikey.verify_count(),
            verified,
            "{:#?}",
            self.yubikey.journal()
        );
        assert_eq!(self.yubikey.pin_tries(), left);
        assert!(!self.yubikey.pin_is_verified());
    }
}

pub(crate) fn status(rpc: &Rpc) -> KeystoreStatus {
    let keystores = rpc.try_status().unwrap().keystores;
    let ours = keystores
        .into_iter()
        .find(|keystore| keystore.name == "yubikey");
    ours.expect("the keystore is in the config")
}

/// A repository whose only key this is.
pub(crate) fn repository(key: &Key) -> Repository {
    let role = RoleOf::new(1, std::slice::from_ref(key));
    Repository::new(
        key.repository.clone(),
        Roles {
            root: role.clone(),
            targets: role.clone(),
            snapshot: role.clone(),
            timestamp: role,
        },
    )
}

pub(crate) fn sign(rpc: &Rpc, repository: &Repository, version: u64) -> Answer<Signed> {
    let document = metadata::targets(version, &[("a.txt", b"a")]);
    repository.sign(rpc, "targets", &document)
}
