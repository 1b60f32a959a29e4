use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How a person calls an agent: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentName(String);

/// Where an agent listens: an absolute path of a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(PathBuf);

/// Why an agent's name or address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a name.
    #[error(
        "{0:?} is no name for an agent: use letters, digits, dots, dashes and underscores, at most 64"
    )]
    Name(String),
    /// A network address.
    #[error(
        "{0:?} is a network address: this version reaches agents over Unix sockets only; write unix:/path/to/socket"
    )]
    Network(String),
    /// A relative path, or something else.
    #[error("{0:?} is no agent address: write unix:/path/to/socket, with an absolute path")]
    Relative(String),
    /// Two agents of one name in a list.
    #[error("the agent name {0:?} is given twice: each agent needs its own name")]
    Twice(String),
    /// Several agents without names.
    #[error("several agents need names: write name=unix:/path,other=unix:/path")]
    Unnamed,
}

impl AgentName {
    /// The name of an agent that was given by its address alone.
    pub fn of_the_only_agent() -> Self {
        Self("default".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for AgentName {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins_well && text.len() <= 64 && text.chars().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AddressError::Name(text.to_owned()))
        }
    }
}

impl Address {
    /// The socket's path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix:{}", self.0.display())
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
            path if path.starts_with('/') => {
                Ok(Self(Path::new("/").join(path.trim_start_matches('/'))))
            }
            other if other.contains("://") => Err(AddressError::Network(text.to_owned())),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<(String, String)> {
        let agents = parse_list(text).unwrap();
        agents
            .into_iter()
            .map(|(name, at)| (name.to_string(), at.to_string()))
            .collect()
    }

    fn pair(name: &str, address: &str) -> (String, String) {
        (name.to_owned(), address.to_owned())
    }

    #[test]
    fn one_address_names_the_default_agent() {
        assert_eq!(
            list("unix:/run/a.sock"),
            [pair("default", "unix:/run/a.sock")]
        );
        assert_eq!(
            list("/run/a=b.sock"),
            [pair("default", "unix:/run/a=b.sock")]
        );
        assert_eq!(
            list("unix:///run/a.sock"),
            [pair("default", "unix:/run/a.sock")]
        );
    }

    #[test]
    fn several_need_names() {
        assert_eq!(
            list("a=unix:/1, b=/2"),
            [pair("a", "unix:/1"), pair("b", "unix:/2")]
        );
        assert_eq!(parse_list("/1,/2"), Err(AddressError::Unnamed));
        assert_eq!(
            parse_list("a=/1,a=/2"),
            Err(AddressError::Twice("a".into()))
        );
    }

    #[test]
    fn networks_and_relative_paths_are_refused() {
        assert!(matches!(
            parse_list("https://host:1"),
            Err(AddressError::Network(_))
        ));
        assert!(matches!(
            parse_list("a=http://host"),
            Err(AddressError::Network(_))
        ));
        assert!(matches!(
            parse_list("unix:agent.sock"),
            Err(AddressError::Relative(_))
        ));
        assert!(matches!(parse_list("a b=/x"), Err(AddressError::Name(_))));
        assert!(matches!(parse_list("-a=/x"), Err(AddressError::Name(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = parse_list(&text);
        }

        #[test]
        fn addresses_round_trip(path in "/[a-z0-9/._-]{1,40}") {
            let address: Address = path.parse().unwrap();
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }
    }
}
