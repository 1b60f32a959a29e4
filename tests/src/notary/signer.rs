//! Debian's notary-signer.

use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

use serde_json::json;

use super::port::free_port;
use super::server::SignerAt;
use super::service::Service;
use crate::certificates::Ca;
use crate::sandbox::Sandbox;

/// A notary-signer with its keys in memory: they are lost when it is dropped.
#[derive(Debug)]
pub struct NotarySigner {
    at: SignerAt,
    service: Service,
}

impl NotarySigner {
    /// Starts one that lets in whoever has a certificate of this authority.
    #[must_use]
    pub fn start(sandbox: &Sandbox, ca: &Ca) -> Self {
        Self::logging(sandbox, ca, "debug")
    }

    /// As [`Self::start`], and says little, so that it can be measured.
    #[must_use]
    pub fn quiet(sandbox: &Sandbox, ca: &Ca) -> Self {
        Self::logging(sandbox, ca, "error")
    }

    fn logging(sandbox: &Sandbox, ca: &Ca, level: &str) -> Self {
        let directory = sandbox.directory("notary-signer");
        let port = free_port();
        let tls = ca.server("notary-signer", &["localhost"]);
        let config = json!({
            "server": {
                "grpc_addr": format!("127.0.0.1:{port}"),
                "tls_cert_file": tls.certificate,
                "tls_key_file": tls.key,
                "client_ca_file": ca.path(),
            },
            "logging": { "level": level },
            "storage": { "backend": "memory" },
        });
        let config = sandbox.write("notary-signer/config.json", config.to_string());
        let mut command = Command::new("notary-signer");
        command.arg("-config").arg(config).arg("-logf=json");
        let mut service = Service::new("notary-signer", &directory, command);
        service.start(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        Self {
            at: SignerAt::localhost(port),
            service,
        }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.service.pid()
    }

    /// Where notary-server finds it.
    #[must_use]
    pub fn at(&self) -> &SignerAt {
        &self.at
    }
}
