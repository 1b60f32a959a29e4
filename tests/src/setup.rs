//! The config of an agent under test.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::certificates::{Ca, Credential};
use crate::require::SOFTHSM;
use crate::shim::Shim;
use crate::token::Token;

/// What an agent's config says, and the environment that it starts in. The pieces are TOML.
#[derive(Debug, Clone)]
pub struct Setup {
    pub(crate) conf: PathBuf,
    pub(crate) environment: Vec<(String, PathBuf)>,
    agent: String,
    ledger: String,
    keystores: Vec<String>,
    ledger_keystore: String,
    ledger_key: String,
    rest: String,
    module: PathBuf,
}

/// The authority of a [`Setup`].
pub const AUTHORITY: &str = "production";

/// All that may be granted, to every repository under `example.org` in [`AUTHORITY`].
pub fn grant(callers: &str) -> String {
    format!(
        "[[grant]]\ncallers = [\"{callers}\"]\nauthority = \"{AUTHORITY}\"\n\
         repositories = [\"example.org/*\"]\nroles = [\"root\", \"targets\", \"snapshot\", \"timestamp\"]\n\
         delegations = [\"**\"]\nkeys = [\"*\"]\nopen = true\n"
    )
}

impl Setup {
    /// A keystore `hsm` with this token, whose PIN is in a file; the ledger's key in it; and the
    /// test's own user as an operator with every grant.
    #[must_use]
    pub fn new(token: &Token) -> Self {
        let user = nix::unistd::geteuid();
        let setup = Self {
            rest: format!("[[authority]]\nname = \"{AUTHORITY}\"\n"),
            ..Self::bare(token.conf())
        };
        setup
            .agent(&format!("operators = [\"uid:{user}\"]"))
            .keystore("hsm", token, "")
            .section(&grant(&format!("uid:{user}")))
    }

    /// Neither operators, nor a keystore, nor an authority, nor grants.
    #[must_use]
    pub fn bare(conf: &Path) -> Self {
        Self {
            conf: conf.to_owned(),
            environment: Vec::new(),
            agent: String::new(),
            ledger: String::new(),
            keystores: Vec::new(),
            ledger_keystore: "hsm".to_owned(),
            ledger_key: "ledger".to_owned(),
            rest: String::new(),
            module: SOFTHSM.into(),
        }
    }

    /// Loads the shim instead of SoftHSM2, in the keystores named after this call.
    #[must_use]
    pub fn shim(mut self, shim: &Shim) -> Self {
        self.module = Shim::library().unwrap();
        let variables = shim.environment();
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.environment.extend(variables);
        // Those that were named before, such as the one of `new`, get it too.
        for keystore in &mut self.keystores {
            *keystore = keystore.replace(SOFTHSM, &self.module.display().to_string());
        }
        self
    }

    /// Sets a variable of the agent's environment.
    #[must_use]
    pub fn environment(mut self, name: &str, value: impl Into<PathBuf>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Another keystore, whose PIN is in the token's PIN file; `more` are further lines of it.
    #[must_use]
    pub fn keystore(self, name: &str, token: &Token, more: &str) -> Self {
        let pin = format!("{{ file = \"{}\" }}", token.pin_file().display());
        self.keystore_with_pin(name, token, &pin, more)
    }

    /// Another keystore; `pin` as the config writes it.
    #[must_use]
    pub fn keystore_with_pin(mut self, name: &str, token: &Token, pin: &str, more: &str) -> Self {
        let module = self.module.display();
        let uri = token.uri();
        self.keystores.push(format!(
            "[[keystore]]\nname = \"{name}\"\nkind = \"pkcs11\"\nmodule = \"{module}\"\n\
             token = \"{uri}\"\npin = {pin}\n{more}\n"
        ));
        self
    }

    /// Takes away the keystores, to name others.
    #[must_use]
    pub fn without_keystores(mut self) -> Self {
        self.keystores.clear();
        self
    }

    /// The keystore of the ledger's key; `hsm` where nothing else is said.
    #[must_use]
    pub fn ledger_keystore(mut self, name: &str) -> Self {
        name.clone_into(&mut self.ledger_keystore);
        self
    }

    /// The name of the ledger's key; `ledger` where nothing else is said.
    #[must_use]
    pub fn ledger_key(mut self, name: &str) -> Self {
        name.clone_into(&mut self.ledger_key);
        self
    }

    /// Further lines of `[agent]`.
    #[must_use]
    pub fn agent(mut self, lines: &str) -> Self {
        writeln!(self.agent, "{lines}").unwrap();
        self
    }

    /// Further lines of `[ledger]`.
    #[must_use]
    pub fn ledger(mut self, lines: &str) -> Self {
        writeln!(self.ledger, "{lines}").unwrap();
        self
    }

    /// A `[[listen]]` at an address such as `127.0.0.1:0`, with this certificate for the agent and
    /// callers whom this authority issued theirs; `more` are further lines of it.
    #[must_use]
    pub fn listen(self, address: &str, server: &Credential, callers: &Ca, more: &str) -> Self {
        let (certificate, key) = (server.certificate.display(), server.key.display());
        let ca = callers.path();
        self.section(&format!(
            "[[listen]]\naddress = \"{address}\"\ncertificate = \"{certificate}\"\n\
             key = {{ file = \"{key}\" }}\nclient_ca = \"{}\"\n{more}\n",
            ca.display()
        ))
    }

    /// Further sections, such as `[limits]`, `[[authority]]` or `[[grant]]`.
    #[must_use]
    pub fn section(mut self, text: &str) -> Self {
        writeln!(self.rest, "{text}").unwrap();
        self
    }

    /// Takes away authorities, grants and other sections, to name others.
    #[must_use]
    pub fn without_sections(mut self) -> Self {
        self.rest.clear();
        self
    }

    /// The config file's text. A socket of `None` leaves it to systemd.
    #[must_use]
    pub fn to_toml(&self, socket: Option<&Path>, ledger: &Path, genesis: Option<&str>) -> String {
        let mut text = "[agent]\n".to_owned();
        if let Some(socket) = socket {
            writeln!(text, "socket = \"{}\"", socket.display()).unwrap();
        }
        let (keystore, key) = (&self.ledger_keystore, &self.ledger_key);
        write!(
            text,
            "{}[ledger]\ndirectory = \"{}\"\nkeystore = \"{keystore}\"\nkey = \"{key}\"\n{}",
            self.agent,
            ledger.display(),
            self.ledger
        )
        .unwrap();
        if let Some(genesis) = genesis {
            writeln!(text, "genesis = \"{genesis}\"").unwrap();
        }
        text.push_str(&self.keystores.concat());
        text.push_str(&self.rest);
        text
    }
}
