//! Two YubiKeys as they leave the factory, a token, and an agent that may use them all.

use privyseal_proto::v1::keystore_status::State;
use privyseal_tests::agent::Agent;
use privyseal_tests::client::Client;
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::Setup;
use privyseal_tests::token::Tokens;
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Authority, Firmware, Profile, Touch, VirtualYubiKey};

/// The PIN of every YubiKey from the factory.
pub(crate) const FACTORY_PIN: &str = "123456";

/// Its management key.
pub(crate) const FACTORY_MANAGEMENT_KEY: &str = "010203040506070801020304050607080102030405060708";

/// A YubiKey as a person calls it, with the PIN and the PUK that this person chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    /// The name of the keystore, and of the key in slot 9C.
    pub(crate) name: &'static str,
    pub(crate) serial: u32,
    pub(crate) firmware: Firmware,
    pub(crate) pin: &'static str,
    pub(crate) puk: &'static str,
}

/// The newer one, in the keystore `root-a`.
pub(crate) const A: Named = Named {
    name: "root-a",
    serial: 21_000_571,
    firmware: Firmware(5, 7, 1),
    pin: "472916",
    puk: "83017429",
};

/// The older one, in the keystore `root-b`.
pub(crate) const B: Named = Named {
    name: "root-b",
    serial: 15_000_543,
    firmware: Firmware(5, 4, 3),
    pin: "905138",
    puk: "61749203",
};

/// The agent ends before the YubiKeys are pulled out, and that before the directory goes.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) client: Client,
    pub(crate) a: VirtualYubiKey,
    pub(crate) b: VirtualYubiKey,
    pub(crate) maker: Authority,
    pub(crate) plugboard: Plugboard,
    pub(crate) sandbox: Sandbox,
}

impl Stage {
    /// With the YubiKeys in the keystores `root-a` and `root-b`, the token in `hsm`, and the root of
    /// the YubiKeys' maker in the config. Says that the test is skipped where something is missing.
    pub(crate) fn new() -> Option<Self> {
        Self::with("", "")
    }

    /// As [`Self::new`], with further lines of the keystore `root-a`, and further sections.
    pub(crate) fn with(lines: &str, sections: &str) -> Option<Self> {
        if !installed() {
            return None;
        }
        let sandbox = Sandbox::new();
        let token = Tokens::new(&sandbox, "tokens").token("one");
        let maker = Authority::new();
        let [a, b] = [A, B].map(|named| made_by(&maker, named));
        let mut plugboard = Plugboard::new(&sandbox.directory("board"), 2);
        plugboard.plug(&a);
        plugboard.plug(&b);
        let setup = Setup::new(&token)
            .environment("PCSCLITE_CSOCK_NAME", plugboard.socket())
            .section(&format!("{}{lines}", keystore(A)))
            .section(&keystore(B))
            .section(&roots(&sandbox, &maker))
            .section(sections);
        let mut agent = Agent::new(&sandbox, "agent", &setup);
        agent.start_without_token();
        agent.wait_state(|status| {
            let mut keystores = status.keystores.iter();
            keystores.all(|keystore| keystore.state() != State::Absent)
        });
        let client = Client::new(&sandbox, "person", &agent);
        Some(Self {
            agent,
            client,
            a,
            b,
            maker,
            plugboard,
            sandbox,
        })
    }

    /// The YubiKey that goes by this name.
    pub(crate) fn yubikey(&self, named: Named) -> &VirtualYubiKey {
        [&self.a, &self.b]
            .into_iter()
            .find(|yubikey| yubikey.profile().serial == named.serial)
            .unwrap()
    }
}

/// Is there all that a stage needs? Says so where not.
pub(crate) fn installed() -> bool {
    if let Some(why) = Plugboard::missing() {
        require::skip(why);
        return false;
    }
    require::softhsm() && require::program("script")
}

/// A YubiKey out of the factory, which waits for a finger wherever it wants one.
pub(crate) fn made_by(maker: &Authority, named: Named) -> VirtualYubiKey {
    let yubikey = VirtualYubiKey::made_by(maker, Profile::new(named.serial, named.firmware));
    yubikey.set_touch(Touch::Wait);
    yubikey
}

/// A YubiKey's `[[keystore]]`, as `privyseal yubikey list` says it.
pub(crate) fn keystore(named: Named) -> String {
    let Named { name, serial, .. } = named;
    format!(
        "[[keystore]]\nname = \"{name}\"\nkind = \"piv\"\nserial = {serial}\npin = \"operator\"\n"
    )
}

/// The agent trusts this maker's word, and not Yubico's.
pub(crate) fn roots(sandbox: &Sandbox, maker: &Authority) -> String {
    let pem = sandbox.write("maker.pem", maker.root_pem());
    format!(
        "[attestation]\nyubico = false\nroots = [\"{}\"]\n",
        pem.display()
    )
}
