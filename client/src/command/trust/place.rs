use std::path::PathBuf;

use clap::Args;

use crate::failure::Advice;
use crate::trust::consumer::Consumer;
use crate::trust::settings::{ClientCertificate, Overrides};

/// Which trust server, and how it is spoken to.
#[derive(Args, Debug)]
pub(super) struct PlaceArgs {
    /// The trust server's URL. Without it: DOCKER_CONTENT_TRUST_SERVER, then the config files, then
    /// the image's registry.
    #[arg(short, long, value_name = "URL")]
    server: Option<String>,
    /// The certificate authority (PEM) that the trust server's certificate must come from.
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// The certificate that the trust server is shown.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// Which trust server, and what is pinned.
#[derive(Args, Debug)]
pub(super) struct ConsumerArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The daemon.json whose content-trust section holds. Without it: /etc/docker/daemon.json.
    #[arg(long, value_name = "FILE", env = "PRIVYSEAL_DAEMON_JSON")]
    daemon_json: Option<PathBuf>,
}

impl PlaceArgs {
    /// As settings know it.
    pub(super) fn overrides(self) -> Overrides {
        let identity = self.tls_cert.zip(self.tls_key);
        Overrides {
            server: self.server,
            ca: self.tls_ca,
            identity: identity.map(|(certificate, key)| ClientCertificate { certificate, key }),
        }
    }
}

impl ConsumerArgs {
    /// With all that is set down.
    pub(super) fn open(self) -> anyhow::Result<Consumer> {
        Consumer::load(self.place.overrides(), self.daemon_json)
    }
}

/// An image as a person names it.
pub(super) fn image(text: &str) -> anyhow::Result<crate::trust::reference::ImageReference> {
    text.parse().map_err(|error| {
        let remedy = "write NAME, NAME:TAG or NAME@sha256:…, as for docker pull";
        Advice::failed(format!("{error}"), remedy).into()
    })
}
