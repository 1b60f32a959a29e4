mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use etcetera::BaseStrategy;
use privyseal_ledger::Hash;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub use table::{AgentTable, AgentTableError};

use super::address::{Address, AddressError, parse_list};
use super::name::AgentName;
use super::tls::{TlsFiles, VariableError};

/// The environment variable that names the agents.
pub const AGENT_VARIABLE: &str = "PRIVYSEAL_AGENT";

/// An agent that this client may speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEntry {
    /// Its name here.
    pub name: AgentName,
    /// Where it listens.
    pub address: Address,
    /// The name that its ledger must have.
    pub genesis: Option<Hash>,
    /// With what it is spoken to where it listens with TLS.
    pub tls: TlsFiles,
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
    /// An entry of the file that can't be.
    #[error("{path}: {source}")]
    Table {
        /// The config file.
        path: PathBuf,
        /// The entry, and what is wrong with it.
        source: AgentTableError,
    },
    /// Environment variables that do not name files.
    #[error(transparent)]
    Variable(#[from] VariableError),
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
        "no agent is configured: set {AGENT_VARIABLE}=unix:/path/to/socket (or https://HOST:PORT), or write [[agent]] entries (name, address) to {}", .0.display()
    )]
    None(PathBuf),
    /// There is no home directory.
    #[error("this user has no home directory: set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME")]
    NoHome,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    agent: Vec<AgentTable>,
    /// Read by what it concerns.
    #[serde(default, rename = "trust")]
    _trust: IgnoredAny,
}

/// Which agents a command may use, by precedence: `--agent`, `PRIVYSEAL_AGENT`, or the config file
/// together with the project's own entries. `--agent` may also pick one of the others by name.
///
/// What an entry does not say of TLS is taken from the config file's entry of the same address,
/// then from the `PRIVYSEAL_TLS_…` variables. A project is somebody else's word: what it says of
/// TLS is heard where the person names no CA for the agent.
pub fn load(
    chosen: Option<&str>,
    mut project: Vec<AgentEntry>,
) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let path = config_path()?;
    let theirs = project.iter_mut();
    let theirs: Vec<_> = theirs
        .map(|agent| (agent.address.clone(), std::mem::take(&mut agent.tls)))
        .collect();
    let agents = match chosen {
        Some(text) if text.contains(['/', ':', '=']) => from_text("--agent", text)?,
        Some(name) => pick(known(&path, project)?, name)?,
        None => known(&path, project)?,
    };
    if agents.is_empty() {
        return Err(AgentConfigError::None(path));
    }
    let agents = with_tls(agents, || Ok((read(&path)?, TlsFiles::from_environment()?)))?;
    Ok(with_project(agents, &theirs))
}

/// Takes CA and server name from the project for agents for which the person names no CA.
fn with_project(mut agents: Vec<AgentEntry>, theirs: &[(Address, TlsFiles)]) -> Vec<AgentEntry> {
    for agent in agents.iter_mut().filter(|agent| agent.tls.ca.is_none()) {
        if let Some((_, tls)) = theirs.iter().find(|(address, _)| *address == agent.address) {
            agent.tls = std::mem::take(&mut agent.tls).or(tls.clone());
        }
    }
    agents
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
        tls: TlsFiles::default(),
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
        match agents.iter_mut().find(|known| known.name == agent.name) {
            Some(known) if known.address != agent.address => {
                return Err(AgentConfigError::Contradiction(agent.name.to_string()));
            }
            Some(_) => {}
            None => agents.push(agent),
        }
    }
    Ok(agents)
}

/// Fills in what is missing, from the user's entries and the variables; these are read only where
/// something is.
fn with_tls(
    mut agents: Vec<AgentEntry>,
    elsewhere: impl FnOnce() -> Result<(Vec<AgentEntry>, TlsFiles), AgentConfigError>,
) -> Result<Vec<AgentEntry>, AgentConfigError> {
    let lacks =
        |agent: &AgentEntry| matches!(agent.address, Address::Tls(_)) && !agent.tls.is_complete();
    if !agents.iter().any(lacks) {
        return Ok(agents);
    }
    let (entries, variables) = elsewhere()?;
    for agent in agents.iter_mut().filter(|agent| lacks(agent)) {
        let same = entries
            .iter()
            .filter(|entry| entry.address == agent.address);
        let places = same.map(|entry| &entry.tls).chain([&variables]);
        agent.tls = places.fold(std::mem::take(&mut agent.tls), |known, place| {
            known.or(place.clone())
        });
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
    let directory = path.parent().unwrap_or(Path::new("/"));
    let entries = file.agent.into_iter().map(AgentTable::of_user);
    let entries = entries.map(|entry| Ok(entry?.based_in(directory)));
    let entries: Vec<AgentEntry> =
        entries
            .collect::<Result<_, _>>()
            .map_err(|source| AgentConfigError::Table {
                path: path.to_owned(),
                source,
            })?;
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

impl AgentEntry {
    /// With relative paths read from `directory`.
    #[must_use]
    pub fn based_in(self, directory: &Path) -> Self {
        let tls = self.tls.based_in(directory);
        Self { tls, ..self }
    }
}
