use std::fmt;
use std::str::FromStr;

use rustls::pki_types::ServerName;
use url::Host;

use super::AddressError;

/// A host and a port where an agent listens with TLS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// As it is looked up: lower case, an international name in its ASCII form.
    host: Host,
    port: u16,
}

impl Network {
    /// What the agent's certificate must be for, where nothing else is said.
    ///
    /// # Errors
    /// Where no certificate can be for such a host.
    pub fn server_name(&self) -> Result<ServerName<'static>, AddressError> {
        match &self.host {
            Host::Ipv4(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
            Host::Ipv6(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|_| AddressError::Network(self.to_string())),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}:{}", self.host, self.port)
    }
}

impl FromStr for Network {
    type Err = AddressError;

    /// Reads `https://HOST:PORT`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Network(text.to_owned());
        let rest = text.strip_prefix("https://").ok_or_else(wrong)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
        // u16 would take "+1", too.
        if !port.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong());
        }
        let network = Self {
            host: Host::parse(host).map_err(|_| wrong())?,
            port: port
                .parse()
                .ok()
                .filter(|&port| port != 0)
                .ok_or_else(wrong)?,
        };
        network.server_name().map(|_| network)
    }
}
