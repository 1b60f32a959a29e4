//! An agent with a virtual YubiKey behind a PKCS#11 module.

use std::path::Path;
use std::process::Command;

use privyseal_proto::v1::sign_event::Event;
use privyseal_proto::v1::waiting::Kind;
use privyseal_proto::v1::{EnrollKeyRequest, Key, KeystoreStatus, SignRequest, Signed};
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata::{RoleOf, Roles};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Refusal, Rpc};
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::token::{Tokens, write_secret};
use privyseal_tests::{openssl, require, wait};
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Algorithm, Firmware, PinPolicy, Profile, TouchPolicy, VirtualYubiKey};

/// The PIN that a YubiKey leaves the factory with.
pub(crate) const PIN: &str = "123456";

/// The YubiKey's serial number.
pub(crate) const SERIAL: u32 = 15_012_345;

/// The keystore with the YubiKey.
pub(crate) const KEYSTORE: &str = "yk";

/// The slot 9C, as both modules number it.
pub(crate) const SIGNATURE: &str = "02";

/// The slot 9A.
pub(crate) const AUTHENTICATION: &str = "01";

/// The authority of notary's dialect.
pub(crate) const IMAGES: &str = "images";

/// A module for YubiKeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    Ykcs11,
    OpenSc,
}

impl Module {
    pub(crate) const ALL: [Self; 2] = [Self::Ykcs11, Self::OpenSc];

    fn path(self) -> String {
        let name = match self {
            Self::Ykcs11 => "libykcs11",
            Self::OpenSc => "opensc-pkcs11",
        };
        format!("/usr/lib/{}-linux-gnu/{name}.so", std::env::consts::ARCH)
    }

    /// The token's URI: OpenSC knows nothing of a YubiKey's serial number.
    fn token(self) -> String {
        match self {
            Self::Ykcs11 => format!("pkcs11:serial={SERIAL}"),
            Self::OpenSc => "pkcs11:model=PKCS%2315%20emulated".to_owned(),
        }
    }
}

/// What a test begins with.
pub(crate) struct Plan<'a> {
    pub(crate) module: Module,
    /// The keys in the YubiKey: slot, algorithm, policies.
    pub(crate) keys: &'a [(u8, Algorithm, PinPolicy, TouchPolicy)],
    /// Does a person type the PIN? Else it is in a file.
    pub(crate) typed: bool,
    /// Further lines of the keystore.
    pub(crate) more: &'a str,
}

impl Plan<'_> {
    /// A key of P-256 in 9C that wants its PIN before each signature; the PIN is in a file.
    pub(crate) fn new(module: Module) -> Self {
        Self {
            module,
            keys: &[(0x9C, Algorithm::P256, PinPolicy::Always, TouchPolicy::Never)],
            typed: false,
            more: "",
        }
    }
}

/// The agent ends before the YubiKey is pulled out, and that before the directory goes.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) yubikey: VirtualYubiKey,
    pub(crate) plugboard: Plugboard,
    pub(crate) sandbox: Sandbox,
}

impl Stage {
    /// Says that the test is skipped where this machine lacks something. Firmware 5.4.3: the
    /// yubico-piv-tool of Debian 12 knows no management key of a newer one.
    pub(crate) fn new(plan: &Plan<'_>) -> Option<Self> {
        if let Some(why) = Plugboard::missing() {
            require::skip(why);
            return None;
        }
        let module = plan.module.path();
        if !Path::new(&module).is_file() {
            require::skip(&format!("there is no {module}"));
            return None;
        }
        if !require::softhsm() || !require::program("yubico-piv-tool") {
            return None;
        }
        let sandbox = Sandbox::new();
        let yubikey = VirtualYubiKey::new(Profile::new(SERIAL, Firmware(5, 4, 3)));
        let mut plugboard = Plugboard::new(&sandbox.directory("plugboard"), 1);
        plugboard.plug(&yubikey);
        for (slot, algorithm, pin, touch) in plan.keys {
            let spki = yubikey.make_key(*slot, *algorithm, *pin, *touch);
            if plan.module == Module::OpenSc {
                certify(&sandbox, &plugboard, *slot, &spki);
            }
        }
        yubikey.clear_journal();
        let agent = agent(&sandbox, &plugboard, &yubikey, plan, &module);
        Some(Self {
            agent,
            yubikey,
            plugboard,
            sandbox,
        })
    }

    pub(crate) fn rpc(&self) -> Rpc {
        self.agent.rpc()
    }

    /// Enrols the key of a slot, and opens a repository with it.
    pub(crate) fn repository(&self, object_id: &str) -> Repository {
        repository(&self.rpc(), "key", object_id)
    }

    /// What the agent says of the keystore with the YubiKey.
    pub(crate) fn status(&self) -> KeystoreStatus {
        let status = self.rpc().try_status().unwrap();
        let mut keystores = status.keystores.into_iter();
        keystores.find(|it| it.name == KEYSTORE).unwrap()
    }

    /// Waits until a request waits for this.
    pub(crate) fn wait_for(&self, kind: Kind) {
        wait::until("a request that waits for a person", || {
            let waiting = self.status().waiting;
            waiting.iter().any(|it| it.kind() == kind).then_some(())
        });
    }
}

impl Drop for Stage {
    /// A card that waits for a touch holds up the agent's end.
    fn drop(&mut self) {
        self.yubikey.set_touch(virtual_yubikey::Touch::Never);
    }
}

fn agent(
    sandbox: &Sandbox,
    plugboard: &Plugboard,
    yubikey: &VirtualYubiKey,
    plan: &Plan<'_>,
    module: &str,
) -> Agent {
    let Plan { typed, more, .. } = plan;
    let pin_file = sandbox.join("yubikey.pin");
    write_secret(&pin_file, PIN);
    let pin = match typed {
        true => "\"operator\"".to_owned(),
        false => format!("{{ file = \"{}\" }}", pin_file.display()),
    };
    let root = sandbox.write("attestation-root.pem", yubikey.authority().root_pem());
    let token = Tokens::new(sandbox, "tokens").token("one");
    let user = format!("uid:{}", nix::unistd::geteuid());
    let setup = Setup::new(&token)
        .environment("PCSCLITE_CSOCK_NAME", plugboard.socket())
        .section(&format!(
            "[[keystore]]\nname = \"{KEYSTORE}\"\nkind = \"pkcs11\"\nmodule = \"{module}\"\n\
             token = \"{}\"\npin = {pin}\n{more}",
            plan.module.token()
        ))
        .section(&format!("[attestation]\nroots = [\"{}\"]", root.display()))
        .section(&format!(
            "[[authority]]\nname = \"{IMAGES}\"\ndialect = \"notary\"\n\
             [[grant]]\ncallers = [\"{user}\"]\nauthority = \"{IMAGES}\"\n\
             repositories = [\"reg.example.test/**\"]\nroles = [\"root\"]\nkeys = [\"*\"]\nopen = true"
        ));
    let mut agent = Agent::new(sandbox, "agent", &setup);
    match typed {
        true => drop(agent.start_without_token()),
        false => agent.start(),
    }
    agent
}

/// Puts a certificate beside a key: OpenSC shows no key without one.
fn certify(sandbox: &Sandbox, plugboard: &Plugboard, slot: u8, spki: &[u8]) {
    let path = |name: &str| sandbox.join(name).to_str().unwrap().to_owned();
    sandbox.write("slot.der", spki);
    let (spki, ca, certificate) = (path("slot.der"), path("ca.pem"), path("slot.pem"));
    assert!(openssl::agrees(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        &ca,
    ]));
    let subject = format!("/CN=slot {slot:x}");
    assert!(openssl::agrees(&[
        "x509",
        "-new",
        "-subj",
        &subject,
        "-force_pubkey",
        &spki,
        "-key",
        &ca,
        "-out",
        &certificate,
    ]));
    let slot = format!("{slot:x}");
    let imported = Command::new("yubico-piv-tool")
        .env("PCSCLITE_CSOCK_NAME", plugboard.socket())
        .args(["-a", "import-certificate", "-s", &slot, "-i", &certificate])
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
}

/// A request to enrol a key.
pub(crate) fn existing(name: &str, object_id: &str) -> EnrollKeyRequest {
    EnrollKeyRequest {
        keystore: KEYSTORE.to_owned(),
        name: name.to_owned(),
        object_id: object_id.to_owned(),
        purpose: "tuf".to_owned(),
        authority: AUTHORITY.to_owned(),
        repository: format!("example.org/{name}"),
        ..EnrollKeyRequest::default()
    }
}

/// Enrols a key, and opens a repository with it.
pub(crate) fn repository(rpc: &Rpc, name: &str, object_id: &str) -> Repository {
    let key = rpc.enroll_key(existing(name, object_id)).unwrap();
    of_key(rpc, &key)
}

/// A repository all of whose roles have this key, but for its root, which SoftHSM2 signed.
pub(crate) fn of_key(rpc: &Rpc, key: &Key) -> Repository {
    let root = rpc.generate("root", "ecdsa-p256", &key.repository).unwrap();
    let role = RoleOf::new(1, std::slice::from_ref(key));
    let roles = Roles {
        root: RoleOf::new(1, &[root]),
        targets: role.clone(),
        snapshot: role.clone(),
        timestamp: role,
    };
    Repository::new(key.repository.clone(), roles).opened(rpc)
}

/// What a caller heard, and how it ended.
pub(crate) fn sign(rpc: &Rpc, request: SignRequest) -> (Vec<Kind>, Answer<Signed>) {
    let mut client = rpc.signing();
    rpc.block_on(async move {
        let mut heard = Vec::new();
        let mut events = match client.sign(request).await {
            Ok(stream) => stream.into_inner(),
            Err(status) => return (heard, Err(Refusal::from(status))),
        };
        loop {
            match events.message().await.map(|event| event?.event) {
                Ok(Some(Event::Waiting(waiting))) => heard.push(waiting.kind()),
                Ok(Some(Event::Signed(signed))) => return (heard, Ok(signed)),
                Ok(Some(Event::Refused(refused))) => return (heard, Err(refused.into())),
                Ok(None) => panic!("the stream ended without an answer"),
                Err(status) => return (heard, Err(Refusal::from(status))),
            }
        }
    })
}
