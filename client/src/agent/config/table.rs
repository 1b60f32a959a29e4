use std::path::PathBuf;

use rustls::pki_types::ServerName;
use serde::Deserialize;

use super::AgentEntry;
use crate::agent::address::{Address, AddressError};
use crate::agent::head::HashText;
use crate::agent::name::AgentName;
use crate::agent::tls::{CERTIFICATE_VARIABLE, Identity, KEY_VARIABLE, TlsFiles, is_content};

/// One `[[agent]]` of a config file or of a project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentTable {
    name: AgentNameText,
    address: AddressText,
    genesis: Option<HashText>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    ca: Option<PathBuf>,
    server_name: Option<ServerNameText>,
}

/// What an `[[agent]]` can't say. No message shows a path's text: it might be a key's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentTableError {
    /// A project says which certificate a person has.
    #[error(
        "agent {0}: certificate and key are each person's own, and a project is shared: take them out, and name them in an [[agent]] entry with this address in ~/.config/privyseal/config.toml, or in {CERTIFICATE_VARIABLE} and {KEY_VARIABLE}"
    )]
    IdentityInProject(AgentName),
    /// TLS on a Unix socket.
    #[error(
        "agent {0}: certificate, key, ca and server_name are for addresses with https://; its address is a Unix socket"
    )]
    NoTls(AgentName),
    /// A certificate without its key, or a key without its certificate.
    #[error("agent {name}: {missing} is missing: certificate and key belong together")]
    Half {
        /// The agent.
        name: AgentName,
        /// The field.
        missing: &'static str,
    },
    /// Not a path.
    #[error(
        "agent {name}: {field} must name a file; a certificate or key itself is not written here"
    )]
    NotAPath {
        /// The agent.
        name: AgentName,
        /// The field.
        field: &'static str,
    },
}

impl AgentTable {
    /// An entry of the user's config file.
    pub fn of_user(self) -> Result<AgentEntry, AgentTableError> {
        let name = self.name.0;
        let path = |field, path: Option<PathBuf>| match path {
            Some(path) if path.as_os_str().is_empty() || is_content(&path) => {
                let name = name.clone();
                Err(AgentTableError::NotAPath { name, field })
            }
            path => Ok(path),
        };
        let half = |missing| {
            let name = name.clone();
            Err(AgentTableError::Half { name, missing })
        };
        let identity = match (
            path("certificate", self.certificate)?,
            path("key", self.key)?,
        ) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (Some(_), None) => return half("key"),
            (None, Some(_)) => return half("certificate"),
            (None, None) => None,
        };
        let tls = TlsFiles {
            identity,
            ca: path("ca", self.ca)?,
            server_name: self.server_name.map(|text| text.0),
        };
        let address = self.address.0;
        if matches!(address, Address::Unix(_)) && !tls.is_empty() {
            return Err(AgentTableError::NoTls(name));
        }
        Ok(AgentEntry {
            name,
            address,
            genesis: self.genesis.map(|text| text.0),
            tls,
        })
    }

    /// An entry of a project, which says nothing of the person who works in it.
    pub fn of_project(self) -> Result<AgentEntry, AgentTableError> {
        if self.certificate.is_some() || self.key.is_some() {
            return Err(AgentTableError::IdentityInProject(self.name.0));
        }
        self.of_user()
    }
}

/// Read through `FromStr`, so that a mistake is shown with its line.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct AgentNameText(AgentName);

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct AddressText(Address);

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct ServerNameText(ServerName<'static>);

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no name of a server: give a host's name or an IP address")]
struct NotAServerName(String);

impl TryFrom<String> for AgentNameText {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse().map(Self)
    }
}

impl TryFrom<String> for AddressText {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse().map(Self)
    }
}

impl TryFrom<String> for ServerNameText {
    type Error = NotAServerName;

    fn try_from(text: String) -> Result<Self, NotAServerName> {
        let name = ServerName::try_from(text.clone());
        name.map(Self).map_err(|_| NotAServerName(text))
    }
}
