//! Debian's docker-registry.

mod guarded;

use std::process::Command;

use reqwest::Method;
use serde_json::json;

use super::https::Https;
use super::port::free_port;
use super::service::Service;
use crate::certificates::Ca;
use crate::sandbox::Sandbox;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Every kind of manifest that a tag may point to.
const MANIFESTS: [&str; 4] = [
    MANIFEST,
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
];
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// A registry over plain HTTP, which Docker allows on the loopback interface.
#[derive(Debug)]
pub struct Registry {
    port: u16,
    host: String,
    https: Https,
    _service: Service,
}

impl Registry {
    /// A name under which a [`crate::engine::Engine`] finds a registry of 127.0.0.1, and nobody else.
    pub const NAME: &'static str = "reg.example.test";

    /// Starts an empty one.
    #[must_use]
    pub fn start(sandbox: &Sandbox, ca: &Ca) -> Self {
        let directory = sandbox.directory("registry");
        let port = free_port();
        let host = format!("127.0.0.1:{port}");
        let config = json!({
            "version": "0.1",
            "log": { "level": "info" },
            "storage": { "filesystem": { "rootdirectory": directory.join("data") } },
            "http": { "addr": host },
        });
        // JSON is YAML.
        let config = sandbox.write("registry/config.yml", config.to_string());
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(config);
        let mut service = Service::new("docker-registry", &directory, command);
        let https = Https::trusting(&ca.path());
        let ping = format!("http://{host}/v2/");
        service.start(|| https.try_get(&ping).is_some_and(|it| it.status == 200));
        Self {
            port,
            host,
            https,
            _service: service,
        }
    }

    /// `HOST:PORT`, as images are named.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A repository's name by way of `localhost`, for which the docker command does not verify the
    /// certificate of the trust server.
    #[must_use]
    pub fn local(&self, repository: &str) -> String {
        format!("localhost:{}/{repository}", self.port)
    }

    /// A repository's name by way of [`Self::NAME`].
    #[must_use]
    pub fn named(&self, repository: &str) -> String {
        format!("{}:{}/{repository}", Self::NAME, self.port)
    }

    /// The digest and the length that it tells whoever asks for a tag.
    ///
    /// # Panics
    /// Where there is no such tag.
    #[must_use]
    pub fn head(&self, repository: &str, tag: &str) -> (String, u64) {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.host);
        let reply = self.https.head(&url, &MANIFESTS.join(", "));
        assert_eq!(reply.status, 200, "{url}");
        let header = |name| reply.headers[name].to_str().unwrap();
        let size = header("content-length").parse().unwrap();
        (header("docker-content-digest").to_owned(), size)
    }

    /// Pushes an image without layers, which `content` distinguishes from others. Returns the
    /// digest (`sha256:…`) and the length in bytes of its manifest: what is to be signed.
    pub fn push(&self, repository: &str, tag: &str, content: &str) -> (String, u64) {
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": { "Labels": { "content": content } },
            "rootfs": { "type": "layers", "diff_ids": [] },
        });
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": CONFIG,
                "size": config.len(),
                "digest": digest(&config),
            },
            "layers": [],
        });
        let manifest = manifest.to_string().into_bytes();
        self.push_blob(repository, config);
        let signed = (digest(&manifest), manifest.len() as u64);
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.host);
        let reply = self.https.ask(Method::PUT, &url, MANIFEST, manifest);
        let reply = reply.unwrap();
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.headers["docker-content-digest"], signed.0);
        signed
    }

    fn push_blob(&self, repository: &str, blob: Vec<u8>) {
        let uploads = format!("http://{}/v2/{repository}/blobs/uploads/", self.host);
        let begun = self.https.ask(Method::POST, &uploads, "", Vec::new());
        let begun = begun.unwrap();
        let location = begun.headers["location"].to_str().unwrap();
        let url = format!("{location}&digest={}", digest(&blob));
        let kind = "application/octet-stream";
        let reply = self.https.ask(Method::PUT, &url, kind, blob).unwrap();
        assert_eq!(reply.status, 201, "{reply:?}");
    }
}

fn digest(content: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, content);
    format!("sha256:{}", hex::encode(digest))
}
