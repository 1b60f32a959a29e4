use std::path::PathBuf;

use privyseal::trust::login::Logins;
use privyseal::trust::reference::Gun;
use privyseal::trust::server::{Server, ServerError};
use privyseal::trust::settings::{Environment, Overrides, ServerSettings, Settings};
use privyseal_tests::certificates::Ca;
use privyseal_tests::notary::{Asks, Notary, NotaryServer};
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use tokio::runtime::{Builder, Runtime};

pub(crate) const GUN: &str = "reg.example.test/team/app";

/// A notary-server, and a user who has it set down in a home directory.
pub(crate) struct Stage {
    pub(crate) server: NotaryServer,
    pub(crate) ca: Ca,
    pub(crate) sandbox: Sandbox,
    pub(crate) runtime: Runtime,
}

impl Stage {
    pub(crate) fn start(asks: impl FnOnce(&Ca) -> AsksOwned) -> Option<Self> {
        if !require::program("notary") || !require::program("notary-server") {
            return None;
        }
        let sandbox = Sandbox::new();
        let ca = Ca::new(&sandbox, "tls");
        let asks = asks(&ca);
        let asks = Asks {
            token: asks.token.as_ref(),
            certificate: asks.certificate,
        };
        Some(Self {
            server: NotaryServer::alone(&sandbox, &ca, asks),
            ca,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            sandbox,
        })
    }

    /// One that asks nothing of its users.
    pub(crate) fn open() -> Option<Self> {
        Self::start(|_| AsksOwned::default())
    }

    /// A user's home directory.
    pub(crate) fn home(&self) -> PathBuf {
        self.sandbox.directory("home")
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment::below(&self.home(), self.home().join("config.toml"))
    }

    /// The user names server and CA in the config file, as well as `more`.
    pub(crate) fn config(&self, more: &str) {
        let text = format!(
            "[trust]\nserver = \"{}\"\nca = \"{}\"\n{more}",
            self.server.url(),
            self.ca.path().display()
        );
        self.sandbox.write("home/config.toml", text);
    }

    pub(crate) fn settings(&self) -> ServerSettings {
        let settings = Settings::read(self.environment(), Overrides::default()).unwrap();
        settings.server_for(&gun()).unwrap()
    }

    /// The server as the user's settings and logins lead to it.
    pub(crate) fn connect(&self) -> Server {
        self.try_connect().unwrap()
    }

    pub(crate) fn try_connect(&self) -> Result<Server, ServerError> {
        Server::new(&self.settings(), Logins::of(&self.environment()))
    }

    /// A user of the `notary` command.
    pub(crate) fn notary(&self, name: &str) -> Notary {
        Notary::new(self.sandbox.directory(name), &self.server)
    }
}

/// [`Asks`], with its token server.
#[derive(Default)]
pub(crate) struct AsksOwned {
    pub(crate) token: Option<privyseal_tests::notary::TokenServer>,
    pub(crate) certificate: bool,
}

pub(crate) fn gun() -> Gun {
    GUN.parse().unwrap()
}

/// Makes and publishes a repository with one target, whose snapshot key is the user's.
pub(crate) fn publish(notary: &Notary) {
    notary.ok(&["init", "--publish", GUN]);
    notary.stage(GUN, "v1", b"content");
    notary.ok(&["publish", GUN]);
}
