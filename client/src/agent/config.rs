use std::path::{Path, PathBuf};
use std::{env, fs, io};

use etcetera::BaseStrategy;
use privyseal_ledger::Hash;
use serde::Deserialize;

use super::address::{Address, AddressError, AgentName, parse_list};
use super::head::HashText;

/// The environment variable that names the agents.
pub const AGENT_VARIABLE: &str = "PRIVYSEAL_AGENT";

/// An agent that this client may speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEntry {
    /// Its name here.
    pub name: AgentName,
    /// Its socket.
    pub address: Address,
    /// The name that its ledger must have.
    pub genesis: Option<Hash>,
}

/// Why the list of agents could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AgentConfigError {
    /// A bad address.
    #[error("{origin}: {source}")]
    Address {
        /// Where it was given.
        origin: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// The file can't be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The config file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {source}")]
    Parse {
        /// The config file.
        path: PathBuf,
        /// Line and reason.
        source: Box<toml::de::Error>,
    },
    /// Two entries contradict each other.
    #[error(
        "the agent name {0:?} stands for two different addresses: give each agent its own name"
    )]
    Contradiction(String),
    /// No such agent.
    #[error("no agent is called {name:?}; {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Nothing was configured.
    #[error(
        "no agent is configured: set {AGENT_VARIABLE}=unix:/path/to/socket, or write [[agent]] entries (name, address) to {}", .0.display()
    )]
    None(PathBuf),
    /// There is no home directory.
    #[error("this user has no home directory: set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME")]
    NoHome,
}

/// One `[[agent]]` of a config file or of a project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentTable {
    name: AgentNameText,
    address: AddressText,
    genesis: Option<HashText>,
}

/// Read through `FromStr`, so that a mistake is shown with its line.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct AgentNameText(AgentName);

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct AddressText(Address);

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

impl From<AgentTable> for AgentEntry {
    fn from(table: AgentTable) -> Self {
        Self {
            name: table.name.0,
            address: table.address.0,
            genesis: table.genesis.map(|text| text.0),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    agent: Vec<AgentTable>,
}

/// Which agents a command may use, by precedence: `--agent`, `PRIVYSEAL_AGENT`, or the config file
/// together with the project's own entries. `--agent` may also pick one of the others by name.
pub fn load(
    chosen: Option<&str>,
    project: Vec<AgentEntry>,
) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let path = config_path()?;
    match chosen {
        Some(text) if text.contains(['/', ':', '=']) => from_text("--agent", text),
        Some(name) => pick(known(&path, project)?, name),
        None => match known(&path, project)? {
            agents if agents.is_empty() => Err(AgentConfigError::None(path)),
            agents => Ok(agents),
        },
    }
}

fn known(path: &Path, project: Vec<AgentEntry>) -> Result<Vec<AgentEntry>, AgentConfigError> {
    match env::var(AGENT_VARIABLE) {
        Ok(text) if !text.trim().is_empty() => from_text(AGENT_VARIABLE, &text),
        _ => merge(read(path)?, project),
    }
}

fn from_text(origin: &str, text: &str) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let agents = parse_list(text).map_err(|source| AgentConfigError::Address {
        origin: origin.to_owned(),
        source,
    })?;
    let entry = |(name, address)| AgentEntry {
        name,
        address,
        genesis: None,
    };
    Ok(agents.into_iter().map(entry).collect())
}

fn pick(agents: Vec<AgentEntry>, name: &str) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
    let known = match names.as_slice() {
        [] => "none is configured".to_owned(),
        names => format!("configured: {}", names.join(", ")),
    };
    match agents.iter().find(|agent| agent.name.as_str() == name) {
        Some(agent) => Ok(vec![agent.clone()]),
        None => Err(AgentConfigError::Unknown {
            name: name.to_owned(),
            known,
        }),
    }
}

/// Entries may repeat each other, but not contradict.
fn merge(
    mut agents: Vec<AgentEntry>,
    more: Vec<AgentEntry>,
) -> Result<Vec<AgentEntry>, AgentConfigError> {
    for agent in more {
        match agents.iter().find(|known| known.name == agent.name) {
            Some(known) if known.address != agent.address => {
                return Err(AgentConfigError::Contradiction(agent.name.to_string()));
            }
            Some(_) => {}
            None => agents.push(agent),
        }
    }
    Ok(agents)
}

fn config_path() -> Result<PathBuf, AgentConfigError> {
    let base = etcetera::choose_base_strategy().map_err(|_| AgentConfigError::NoHome)?;
    Ok(base.config_dir().join("privyseal").join("config.toml"))
}

fn read(path: &Path) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(AgentConfigError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let file: ConfigFile = toml::from_str(&text).map_err(|e| AgentConfigError::Parse {
        path: path.to_owned(),
        source: Box::new(e),
    })?;
    let entries: Vec<AgentEntry> = file.agent.into_iter().map(AgentEntry::from).collect();
    for (at, entry) in entries.iter().enumerate() {
        if entries
            .iter()
            .skip(at + 1)
            .any(|other| other.name == entry.name)
        {
            let source = AddressError::Twice(entry.name.to_string());
            return Err(AgentConfigError::Address {
                origin: path.display().to_string(),
                source,
            });
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Vec<AgentEntry>, AgentConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_config_file_names_agents() {
        let genesis = "ab".repeat(32);
        let agents = file(&format!(
            "[[agent]]\nname = \"a\"\naddress = \"unix:/1\"\ngenesis = \"{genesis}\"\n\
             [[agent]]\nname = \"b\"\naddress = \"/2\"\n"
        ))
        .unwrap();
        assert_eq!(agents.len(), 2);
        assert_eq!(agents[0].genesis.unwrap().to_string(), genesis);
        assert_eq!(agents[1].address.to_string(), "unix:/2");
    }

    #[test]
    fn mistakes_are_shown_with_their_line() {
        let error = file("[[agent]]\nname = \"a\"\naddress = \"/1\"\nport = 1\n").unwrap_err();
        assert!(error.to_string().contains("line 4"), "{error}");
        assert!(error.to_string().contains("port"), "{error}");
        let error = file("[[agent]]\nname = \"a\"\naddress = \"https://x\"\n").unwrap_err();
        assert!(error.to_string().contains("Unix sockets only"), "{error}");
        let error =
            file("[[agent]]\nname = \"a\"\naddress = \"/1\"\ngenesis = \"ab\"\n").unwrap_err();
        assert!(error.to_string().contains("64"), "{error}");
        assert!(file(&"[[agent]]\nname = \"a\"\naddress = \"/1\"\n".repeat(2)).is_err());
    }

    #[test]
    fn entries_do_not_contradict() {
        let entry = |name: &str, path: &str| AgentEntry {
            name: name.parse().unwrap(),
            address: path.parse().unwrap(),
            genesis: None,
        };
        let merged = merge(
            vec![entry("a", "/1")],
            vec![entry("a", "/1"), entry("b", "/2")],
        );
        assert_eq!(merged.unwrap().len(), 2);
        assert!(merge(vec![entry("a", "/1")], vec![entry("a", "/2")]).is_err());
        assert!(
            pick(vec![entry("a", "/1")], "b")
                .unwrap_err()
                .to_string()
                .contains("a")
        );
    }
}
