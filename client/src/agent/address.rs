mod network;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use network::Network;

use super::name::AgentName;

/// Where an agent listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A Unix socket, by its absolute path.
    Unix(PathBuf),
    /// A host and port, with mutual TLS.
    Tls(Network),
}

/// Why an agent's name or address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a name.
    #[error(
        "{0:?} is no name for an agent: use letters, digits, dots, dashes and underscores, at most 64"
    )]
    Name(String),
    /// A network address in another form.
    #[error(
        "{0:?} is no address of an agent: write https://HOST:PORT (agents are reached with TLS only), or unix:/path/to/socket"
    )]
    Network(String),
    /// A relative path, or something else.
    #[error(
        "{0:?} is no agent address: write unix:/path/to/socket with an absolute path, or https://HOST:PORT"
    )]
    Relative(String),
    /// Two agents of one name in a list.
    #[error("the agent name {0:?} is given twice: each agent needs its own name")]
    Twice(String),
    /// Several agents without names.
    #[error("several agents need names: write name=unix:/path,other=https://HOST:PORT")]
    Unnamed,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tls(network) => network.fmt(f),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let path = text
            .strip_prefix("unix://")
            .or_else(|| text.strip_prefix("unix:"));
        match path.unwrap_or(text) {
            // Several slashes mean one, and `unix://x` would be read as the relative path x.
            path if path.starts_with('/') => Ok(Self::Unix(
                Path::new("/").join(path.trim_start_matches('/')),
            )),
            network if network.contains("://") => text.parse().map(Self::Tls),
            _ => Err(AddressError::Relative(text.to_owned())),
        }
    }
}

/// Reads what `--agent` and `PRIVYSEAL_AGENT` hold: one address, or `name=address` separated by
/// commas.
pub fn parse_list(text: &str) -> Result<Vec<(AgentName, Address)>, AddressError> {
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let mut agents: Vec<(AgentName, Address)> = Vec::with_capacity(parts.len());
    for part in &parts {
        let (name, address) = match part.split_once('=') {
            Some((name, address)) if !name.contains('/') => (name.parse()?, address.parse()?),
            _ if parts.len() > 1 => return Err(AddressError::Unnamed),
            _ => (AgentName::of_the_only_agent(), part.parse()?),
        };
        if agents.iter().any(|(other, _)| *other == name) {
            return Err(AddressError::Twice(name.to_string()));
        }
        agents.push((name, address));
    }
    Ok(agents)
}
