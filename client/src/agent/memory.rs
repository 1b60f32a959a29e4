use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use privyseal_ledger::{Hash, Head};
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::config::AgentEntry;
use super::head::{HashText, KnownLedger};
use super::name::AgentName;
use crate::file::{self, Access};

/// The heads of the ledgers that this client has seen: one file each, under
/// `$XDG_STATE_HOME/privyseal/heads/`, readable by the user alone.
#[derive(Clone, Debug)]
pub struct HeadMemory {
    directory: PathBuf,
}

/// Why the memory of heads could not be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// There is no home directory.
    #[error("this user has no home directory to remember ledgers in: set HOME or XDG_STATE_HOME")]
    NoHome,
    /// The file system's answer.
    #[error("cannot use {path}, where this client remembers the agents' ledgers: {source}")]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is not what this client wrote.
    #[error(
        "{path} does not hold what this client writes there ({what}): restore it, or remove it and compare the ledger's genesis with what you know"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadFile {
    agent: String,
    address: String,
    genesis: HashText,
    size: u64,
    root: HashText,
}

impl HeadMemory {
    /// The user's own.
    pub fn of_user() -> Result<Self, MemoryError> {
        let base = etcetera::choose_base_strategy().map_err(|_| MemoryError::NoHome)?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self::at(state.join("privyseal").join("heads")))
    }

    /// One in another directory, which is made when it is first written to.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// What is remembered of an agent's ledger.
    pub fn recall(&self, agent: &AgentEntry) -> Result<Option<KnownLedger>, MemoryError> {
        let path = self.path(agent);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(MemoryError::Io { path, source }),
        };
        let damaged = |what: String| MemoryError::Damaged {
            path: path.clone(),
            what,
        };
        let file: HeadFile = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if file.agent != agent.name.as_str() || file.address != agent.address.to_string() {
            return Err(damaged("it is of another agent".to_owned()));
        }
        let head = Head {
            size: file.size,
            root: file.root.0,
        };
        Ok(Some(KnownLedger {
            genesis: file.genesis.0,
            head,
        }))
    }

    /// Remembers a proved head. A larger one that another process stored meanwhile stays.
    pub fn remember(&self, agent: &AgentEntry, known: &KnownLedger) -> Result<(), MemoryError> {
        let path = self.path(agent);
        let _lock = self.lock(&path)?;
        let newer = |stored: &KnownLedger| stored.head.size >= known.head.size;
        if self.recall(agent)?.as_ref().is_some_and(newer) {
            return Ok(());
        }
        let file = HeadFile {
            agent: agent.name.to_string(),
            address: agent.address.to_string(),
            genesis: HashText(known.genesis),
            size: known.head.size,
            root: HashText(known.head.root),
        };
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        file::write_atomically(&path, format!("{text}\n").as_bytes(), Access::Private)
            .map_err(|source| MemoryError::Io { path, source })
    }

    /// Forgets an agent's ledger; true where one was remembered.
    pub fn forget(&self, agent: &AgentEntry) -> Result<bool, MemoryError> {
        let path = self.path(agent);
        file::remove_if_there(&path).map_err(|source| MemoryError::Io { path, source })
    }

    fn path(&self, agent: &AgentEntry) -> PathBuf {
        self.directory.join(file_name(&agent.name, &agent.address))
    }

    fn lock(&self, path: &Path) -> Result<File, MemoryError> {
        let lock = path.with_extension("lock");
        let open = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.directory)?;
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(&lock)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|source| MemoryError::Io {
            path: lock.clone(),
            source,
        })
    }
}

/// The name, and enough of the address's hash that two agents of one name keep two files.
fn file_name(name: &AgentName, address: &Address) -> String {
    let address = Hash::leaf(address.to_string().as_bytes()).to_string();
    format!("{name}-{}.json", address.get(..16).unwrap_or(&address))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::agent::tls::TlsFiles;

    fn agent(path: &str) -> AgentEntry {
        AgentEntry {
            name: "a".parse().unwrap(),
            address: path.parse().unwrap(),
            genesis: None,
            tls: TlsFiles::default(),
        }
    }

    fn known(size: u64) -> KnownLedger {
        let root = Hash::leaf(&size.to_be_bytes());
        KnownLedger {
            genesis: Hash::leaf(b"genesis"),
            head: Head { size, root },
        }
    }

    #[test]
    fn heads_are_kept_by_agent_and_only_grow() {
        let dir = tempfile::tempdir().unwrap();
        let memory = HeadMemory::at(dir.path().join("heads"));
        assert_eq!(memory.recall(&agent("/1")).unwrap(), None);
        memory.remember(&agent("/1"), &known(5)).unwrap();
        memory.remember(&agent("/1"), &known(3)).unwrap();
        assert_eq!(memory.recall(&agent("/1")).unwrap(), Some(known(5)));
        assert_eq!(memory.recall(&agent("/2")).unwrap(), None);
        memory.remember(&agent("/1"), &known(6)).unwrap();
        assert_eq!(memory.recall(&agent("/1")).unwrap(), Some(known(6)));
        assert!(memory.forget(&agent("/1")).unwrap());
        assert!(!memory.forget(&agent("/1")).unwrap());
    }

    #[test]
    fn files_are_the_users_alone_and_damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let memory = HeadMemory::at(dir.path().to_owned());
        memory.remember(&agent("/1"), &known(5)).unwrap();
        let path = memory.path(&agent("/1"));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::write(&path, "{").unwrap();
        assert!(matches!(
            memory.recall(&agent("/1")),
            Err(MemoryError::Damaged { .. })
        ));
        assert!(memory.remember(&agent("/1"), &known(9)).is_err());
    }
}
