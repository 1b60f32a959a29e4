use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;
use privyseal_tuf::{RoleType, Sha256Digest};

use super::drafts::Drafts;
use super::exported::Exported;
use super::owners::Owners;
use super::published::Published;
use super::sent::Sent;
use super::settings::{DelegatedSettings, RoleSettings, Settings, SettingsError};
use super::settings::{remove_delegated, render, set_delegated, set_role};
use super::staging::Staging;
use crate::agent::AgentEntry;
use crate::failure::Advice;
use crate::file::{self, Access};

/// The name of the settings file.
pub const SETTINGS: &str = "privyseal.toml";

const DRAFTS: &str = "draft";

/// A directory with `privyseal.toml`, `draft/` and what was published.
#[derive(Clone, Debug)]
pub struct Project {
    directory: PathBuf,
    settings: Settings,
    /// Where the drafts are: `draft/` or `renewal/`.
    drafts: &'static str,
}

/// While it lives, no other process changes the project.
#[derive(Debug)]
pub struct ProjectLock {
    _directory: File,
}

impl Project {
    /// Opens the project in `directory`.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(SETTINGS);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Advice::failed(
                    format!("there is no {}", path.display()),
                    "go to the project's directory or name it with -C DIR; `privyseal repo init` makes a new one",
                )
                .into());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        Ok(Self {
            directory: directory.to_owned(),
            settings: Settings::parse(&text)?,
            drafts: DRAFTS,
        })
    }

    /// Makes a new project. An existing one is left alone.
    pub fn create(directory: &Path, settings: Settings) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let path = directory.join(SETTINGS);
        if path.exists() {
            return Err(Advice::failed(
                format!("{} is there already", path.display()),
                "change it with `privyseal repo rotate`, or choose another directory with -C DIR",
            )
            .into());
        }
        let text = render(&settings);
        Settings::parse(&text)?;
        write(&path, text.as_bytes())?;
        Ok(Self {
            directory: directory.to_owned(),
            settings,
            drafts: DRAFTS,
        })
    }

    /// Keeps other processes from changing the project meanwhile.
    pub fn lock(&self) -> anyhow::Result<ProjectLock> {
        let locking = || format!("cannot lock {}", self.directory.display());
        let directory = File::open(&self.directory).with_context(locking)?;
        match directory.try_lock() {
            Ok(()) => Ok(ProjectLock {
                _directory: directory,
            }),
            Err(TryLockError::WouldBlock) => Err(Advice::failed(
                "another privyseal command works in this project",
                "let it end (it may be waiting for an answer), then try again",
            )
            .into()),
            Err(TryLockError::Error(error)) => Err(error).with_context(locking),
        }
    }

    /// What `privyseal.toml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The agents that the project names itself.
    pub fn agents(&self) -> Vec<AgentEntry> {
        let agents = self.settings.agents.iter().cloned();
        agents
            .map(|agent| agent.based_in(&self.directory))
            .collect()
    }

    /// The settings with other keys for a role, and their text. Nothing is written.
    pub fn with_role(&self, role: RoleType, new: &RoleSettings) -> anyhow::Result<(Self, String)> {
        self.with_edits(|text| set_role(&text, role, new))
    }

    /// The settings with other ones for a delegated role, or for the bins of a `PREFIX-*`; without
    /// any where `new` is none. Nothing is written.
    pub fn with_delegated(
        &self,
        name: &str,
        new: Option<&DelegatedSettings>,
    ) -> anyhow::Result<(Self, String)> {
        self.with_edits(|text| match new {
            Some(new) => set_delegated(&text, name, new),
            None => remove_delegated(&text, name),
        })
    }

    /// The settings with edits of their text, and that text. Nothing is written.
    pub(super) fn with_edits(
        &self,
        edit: impl FnOnce(String) -> Result<String, SettingsError>,
    ) -> anyhow::Result<(Self, String)> {
        let path = self.directory.join(SETTINGS);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let edited = edit(text)?;
        let changed = Self {
            settings: Settings::parse(&edited)?,
            ..self.clone()
        };
        Ok((changed, edited))
    }

    /// Writes the text of the settings.
    pub fn write_settings(&self, text: &str) -> anyhow::Result<()> {
        write(&self.directory.join(SETTINGS), text.as_bytes())
    }

    /// The same project without anybody's drafts: what is renewed in between has a directory of its
    /// own, so that it is signed and published without what people have open in `draft/`.
    pub fn renewals(&self) -> Self {
        Self {
            drafts: "renewal",
            ..self.clone()
        }
    }

    /// The documents that are not published yet.
    pub fn drafts(&self) -> Drafts {
        Drafts::at(self.directory.join(self.drafts))
    }

    /// The contents that were sent to agents.
    pub fn sent(&self) -> Sent {
        Sent::at(self.directory.join(DRAFTS).join("sent.json"))
    }

    /// The drafts that were given away to be signed elsewhere.
    pub fn exported(&self) -> Exported {
        Exported::at(self.directory.join(DRAFTS).join("exported"))
    }

    /// Who has, or had, which key.
    pub fn owners(&self) -> Owners {
        Owners::at(self.directory.join(DRAFTS).join("owners.json"))
    }

    /// The target files that are not published yet.
    pub fn staging(&self) -> Staging {
        Staging::at(self.directory.join(self.drafts).join("files"))
    }

    /// What was published.
    pub fn published(&self) -> anyhow::Result<Published> {
        Published::read(&self.metadata())
    }

    /// The directory of what is published, with `metadata/` and `targets/`.
    pub fn published_files(&self) -> PathBuf {
        self.directory.join(&self.settings.output)
    }

    /// The project's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where published metadata stands.
    pub fn metadata(&self) -> PathBuf {
        self.published_files().join("metadata")
    }

    /// Where published target files stand.
    pub fn targets(&self) -> PathBuf {
        self.published_files().join("targets")
    }

    /// Where the digests of what was published last are kept.
    pub fn publication_record(&self) -> PathBuf {
        self.directory.join("published.json")
    }

    /// What names the repository's lineage: the digest of its first root, published or drafted.
    pub fn first_root(&self, published: &Published) -> anyhow::Result<Option<Sha256Digest>> {
        if let Some(first) = published.roots.first() {
            return Ok(Some(first.payload().digest));
        }
        Ok(self
            .drafts()
            .read(&RoleType::Root.into())?
            .map(|root| root.payload().digest))
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    file::write_atomically(path, bytes, Access::Public)
        .with_context(|| format!("cannot write {}", path.display()))
}
