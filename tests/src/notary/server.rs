//! Debian's notary-server.

mod alone;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::https::Https;
use super::port::free_port;
use super::postgres::Postgres;
use super::service::Service;
use crate::certificates::{Ca, Leaf};
use crate::sandbox::Sandbox;

pub use alone::Asks;

/// Where a notary-server finds its signer.
#[derive(Debug, Clone)]
pub struct SignerAt {
    /// A name that the signer's certificate has.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl SignerAt {
    /// On this port of `localhost`.
    #[must_use]
    pub fn localhost(port: u16) -> Self {
        let host = "localhost".to_owned();
        Self { host, port }
    }
}

/// A notary-server with TLS.
#[derive(Debug)]
pub struct NotaryServer {
    url: String,
    ca: PathBuf,
    https: Https,
    service: Service,
}

impl NotaryServer {
    /// The DNS name in the certificate that it shows to its signer.
    pub const NAME: &'static str = "notary-server.example.test";

    /// Starts one whose signer is there. Without a database it forgets everything when it ends.
    #[must_use]
    pub fn start(
        sandbox: &Sandbox,
        ca: &Ca,
        signer: &SignerAt,
        database: Option<&Postgres>,
    ) -> Self {
        let directory = sandbox.directory("notary-server");
        let port = free_port();
        let config = config(ca, port, signer, database).to_string();
        let config = sandbox.write("notary-server/config.json", config);
        let mut server = Self {
            url: format!("https://127.0.0.1:{port}"),
            ca: ca.path(),
            https: Https::trusting(&ca.path()),
            service: service(&directory, &config),
        };
        server.resume();
        server
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.service.stop();
    }

    /// Starts it again where it was, and waits until it answers.
    pub fn resume(&mut self) {
        let health = format!("{}/_notary_server/health", self.url);
        let https = &self.https;
        self.service
            .start(|| https.try_get(&health).is_some_and(|it| it.status == 200));
    }

    /// Ends it and starts it again.
    pub fn restart(&mut self) {
        self.stop();
        self.resume();
    }

    /// Its URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate (PEM) of the authority that issued its own.
    #[must_use]
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// A client that trusts it.
    #[must_use]
    pub fn https(&self) -> &Https {
        &self.https
    }

    /// What it says of a repository's file, such as `root.json`: the bytes that a client gets.
    ///
    /// # Panics
    /// Where it has none.
    #[must_use]
    pub fn file(&self, repository: &str, name: &str) -> Vec<u8> {
        self.https.get(&self.file_url(repository, name))
    }

    /// Where a repository's file is.
    #[must_use]
    pub fn file_url(&self, repository: &str, name: &str) -> String {
        format!("{}/v2/{repository}/_trust/tuf/{name}", self.url)
    }

    /// All that it printed, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        self.service.log()
    }
}

fn config(ca: &Ca, port: u16, signer: &SignerAt, database: Option<&Postgres>) -> Value {
    let tls = ca.server("notary-server", &["localhost", "127.0.0.1"]);
    let caller = Leaf::server_and_client(&[NotaryServer::NAME]);
    let caller = ca.issue("notary-server-as-caller", caller);
    let storage = database.map_or_else(
        || json!({ "backend": "memory" }),
        |database| json!({ "backend": "postgres", "db_url": database.url() }),
    );
    json!({
        "server": {
            "http_addr": format!("127.0.0.1:{port}"),
            "tls_cert_file": tls.certificate,
            "tls_key_file": tls.key,
        },
        "trust_service": {
            "type": "remote",
            "hostname": signer.host,
            "port": signer.port.to_string(),
            "key_algorithm": "ecdsa",
            "tls_ca_file": ca.path(),
            "tls_client_cert": caller.certificate,
            "tls_client_key": caller.key,
        },
        "logging": { "level": "debug" },
        "storage": storage,
    })
}

fn service(directory: &Path, config: &Path) -> Service {
    let mut command = Command::new("notary-server");
    command.arg("-config").arg(config).arg("-logf=json");
    Service::new("notary-server", directory, command)
}
