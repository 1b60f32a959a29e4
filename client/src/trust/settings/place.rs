use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::environment::CONTENT_TRUST_SERVER_VARIABLE;
use super::error::SettingsError;

/// Who named a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--server`.
    CommandLine,
    /// `DOCKER_CONTENT_TRUST_SERVER`.
    Environment,
    /// `[trust]` of the config file.
    Config,
    /// notary's config file.
    Notary,
    /// Nobody: it is the image's registry.
    Registry,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommandLine => "--server",
            Self::Environment => CONTENT_TRUST_SERVER_VARIABLE,
            Self::Config => "server of [trust] in config.toml",
            Self::Notary => "remote_server.url of ~/.notary/config.json",
            Self::Registry => "the image's registry",
        })
    }
}

/// A server's URL: `https`, or `http` on the loopback interface, though not in docker's variable,
/// which docker itself would not take.
pub(super) fn url(text: &str, origin: Origin) -> Result<Url, SettingsError> {
    let wrong = |reason| SettingsError::Url {
        origin,
        text: text.chars().take(200).collect(),
        reason,
    };
    let url: Url = text
        .parse()
        .map_err(|_| wrong("is no URL: write https://HOST[:PORT]"))?;
    if url.host().is_none() {
        return Err(wrong("names no host: write https://HOST[:PORT]"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let text = String::new();
        let reason = "there is a user or password in the URL: take it out, and use `docker login`";
        return Err(SettingsError::Url {
            origin,
            text,
            reason,
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a \"?\" or a \"#\": write https://HOST[:PORT]"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) && origin != Origin::Environment => Ok(url),
        _ => Err(wrong("is not https://")),
    }
}

/// Whether a URL leads to this machine itself.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}

/// `HOST` or `HOST:PORT`, as the URL has it.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The host of `HOST[:PORT]`.
pub(super) fn host_name(host_and_port: &str) -> &str {
    match host_and_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host_and_port,
    }
}
