//! A Docker Engine of the test's own, so that nothing is left in the machine's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::hosts;
use crate::notary::{Registry, Service};
use crate::require;
use crate::sandbox::Sandbox;

/// `dockerd` with its images in the sandbox and without a network for containers.
///
/// It resolves [`Registry::NAME`] to 127.0.0.1, where it speaks HTTP without being told so; the
/// docker command does not resolve it, and so verifies the certificate of the trust server.
#[derive(Debug)]
pub struct Engine {
    socket: PathBuf,
    _service: Service,
}

impl Engine {
    /// Are `dockerd` and `docker` on this machine, and may they be started? Says so where not.
    #[must_use]
    pub fn installed() -> bool {
        require::program("dockerd") && require::program("docker") && require::root()
    }

    /// Starts one without images.
    ///
    /// # Panics
    /// Where it does not start: ask [`Self::installed`] first.
    #[must_use]
    pub fn start(sandbox: &Sandbox) -> Self {
        let directory = sandbox.directory("engine");
        // In place of the machine's.
        let config = sandbox.write("engine/daemon.json", "{}");
        let socket = directory.join("socket");
        let mut command = hosts::knowing(sandbox, &[Registry::NAME], Path::new("dockerd"));
        command
            .arg("--config-file")
            .arg(config)
            .arg("--data-root")
            .arg(directory.join("data"))
            .arg("--exec-root")
            .arg(directory.join("exec"))
            .arg("--pidfile")
            .arg(directory.join("pid"))
            .arg("--host")
            .arg(host(&socket))
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            // The one that works on every file system.
            .arg("--storage-driver=vfs");
        let mut service = Service::new("dockerd", &directory, command);
        service.start(|| answers(&socket));
        Self {
            socket,
            _service: service,
        }
    }

    /// What `DOCKER_HOST` says of it: `unix:///…`.
    #[must_use]
    pub fn host(&self) -> String {
        host(&self.socket)
    }

    /// Its images, each as `NAME@sha256:…`, one for each name and digest, sorted.
    #[must_use]
    pub fn images(&self) -> Vec<String> {
        let format = "{{.Repository}}@{{.Digest}}";
        let mut images = self.lines(&["images", "--digests", "--format", format]);
        images.sort();
        images.dedup();
        images
    }

    /// Takes an image away, with every name and tag that it has.
    pub fn remove(&self, image: &str) {
        let id = self.lines(&["image", "inspect", "--format", "{{.Id}}", image]);
        self.lines(&["image", "rm", "--force", &id[0]]);
    }

    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let ran = docker(&self.socket).args(arguments).output().unwrap();
        assert!(ran.status.success(), "docker {arguments:?}: {ran:?}");
        let printed = String::from_utf8(ran.stdout).unwrap();
        printed.lines().map(str::to_owned).collect()
    }
}

fn host(socket: &Path) -> String {
    format!("unix://{}", socket.display())
}

fn answers(socket: &Path) -> bool {
    let asked = docker(socket)
        .arg("version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

fn docker(socket: &Path) -> Command {
    let mut command = Command::new("docker");
    command
        .env("DOCKER_HOST", host(socket))
        .env_remove("DOCKER_CONTEXT")
        .env_remove("DOCKER_CONTENT_TRUST")
        .stdin(Stdio::null());
    command
}
