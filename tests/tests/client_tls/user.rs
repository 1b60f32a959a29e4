//! A person with a client, a config and certificates.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::certificates::Credential;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::tls_stage::TlsStage;

/// Somebody whose client has no agents but those that their config names.
pub(crate) struct User {
    pub(crate) client: Client,
}

impl User {
    pub(crate) fn new(tls: &TlsStage, name: &str) -> Self {
        let client = Client::of_nobody(&tls.stage.sandbox, name);
        fs::create_dir_all(directory(&client)).unwrap();
        Self { client }
    }

    /// Where the config is.
    pub(crate) fn directory(&self) -> PathBuf {
        directory(&self.client)
    }

    /// Writes the config anew.
    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.directory().join("config.toml"), text).unwrap();
    }

    /// Runs a command with the three variables.
    pub(crate) fn run_with(&self, words: &str, credential: &Credential, ca: &Path) -> Answer {
        let mut command = self.client.command(words.split_whitespace());
        command
            .env("PRIVYSEAL_TLS_CERTIFICATE", &credential.certificate)
            .env("PRIVYSEAL_TLS_KEY", &credential.key)
            .env("PRIVYSEAL_TLS_CA", ca);
        command.output().unwrap().into()
    }
}

fn directory(client: &Client) -> PathBuf {
    client.home().join("config/privyseal")
}

/// An `[[agent]]` of a config; `more` are further lines of it.
pub(crate) fn entry(name: &str, address: &str, more: &str) -> String {
    format!("[[agent]]\nname = \"{name}\"\naddress = \"{address}\"\n{more}\n")
}

/// The lines that name a certificate and its key.
pub(crate) fn identity(credential: &Credential) -> String {
    let (certificate, key) = (&credential.certificate, &credential.key);
    format!(
        "certificate = \"{}\"\nkey = \"{}\"\n",
        certificate.display(),
        key.display()
    )
}

/// The line that names a CA.
pub(crate) fn ca(path: &Path) -> String {
    format!("ca = \"{}\"\n", path.display())
}

/// The address of the stage's agent, by this name of its host.
pub(crate) fn address(tls: &TlsStage, host: &str) -> String {
    format!("https://{host}:{}", tls.address().port())
}
