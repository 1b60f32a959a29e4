//! A registry with TLS, whose users show a token.

use std::process::Command;

use serde_json::json;

use super::{Registry, Service};
use crate::certificates::Ca;
use crate::notary::{Https, TokenServer, free_port};
use crate::sandbox::Sandbox;

impl Registry {
    /// Starts one over what [`Self::start`]'s has in this sandbox.
    #[must_use]
    pub fn guarded(sandbox: &Sandbox, ca: &Ca, token: &TokenServer) -> Self {
        let directory = sandbox.directory("registry");
        let port = free_port();
        let host = format!("localhost:{port}");
        let tls = ca.server("registry", &["localhost"]);
        let config = json!({
            "version": "0.1",
            "log": { "level": "info" },
            "storage": { "filesystem": { "rootdirectory": directory.join("data") } },
            "http": {
                "addr": host,
                "tls": { "certificate": tls.certificate, "key": tls.key },
            },
            "auth": token.registry_auth(),
        });
        // JSON is YAML.
        let config = sandbox.write("registry/guarded.yml", config.to_string());
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(config);
        let directory = sandbox.directory("registry/guarded");
        let mut service = Service::new("docker-registry", &directory, command);
        let https = Https::trusting(&ca.path());
        let ping = format!("https://{host}/v2/");
        service.start(|| https.try_get(&ping).is_some_and(|it| it.status == 401));
        Self {
            port,
            host,
            https,
            _service: service,
        }
    }
}
