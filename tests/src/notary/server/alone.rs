//! A notary-server without signer and database.

use serde_json::{Value, json};

use super::{NotaryServer, service};
use crate::certificates::{Ca, Leaf};
use crate::notary::{Https, TokenServer, free_port};
use crate::sandbox::Sandbox;

/// What a notary-server asks of its users.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asks<'a> {
    /// A token from here.
    pub token: Option<&'a TokenServer>,
    /// A certificate of the authority that issued its own.
    pub certificate: bool,
}

impl NotaryServer {
    /// Starts one that signs in its own process, with Ed25519, and forgets everything when it ends.
    #[must_use]
    pub fn alone(sandbox: &Sandbox, ca: &Ca, asks: Asks<'_>) -> Self {
        let directory = sandbox.directory("notary-server");
        let port = free_port();
        let config = sandbox.write(
            "notary-server/config.json",
            config(ca, port, asks).to_string(),
        );
        let friend = ca.issue("notary-server-s-friend", Leaf::client(&[]));
        let mut server = Self {
            url: format!("https://127.0.0.1:{port}"),
            ca: ca.path(),
            https: Https::showing(&ca.path(), &friend),
            service: service(&directory, &config),
        };
        server.resume();
        server
    }
}

fn config(ca: &Ca, port: u16, asks: Asks<'_>) -> Value {
    let tls = ca.server("notary-server", &["localhost", "127.0.0.1"]);
    let mut config = json!({
        "server": {
            "http_addr": format!("127.0.0.1:{port}"),
            "tls_cert_file": tls.certificate,
            "tls_key_file": tls.key,
        },
        "trust_service": { "type": "local" },
        "logging": { "level": "debug" },
        "storage": { "backend": "memory" },
    });
    if asks.certificate {
        config["server"]["client_ca_file"] = json!(ca.path());
    }
    if let Some(token) = asks.token {
        config["auth"] = token.notary_auth();
    }
    config
}
