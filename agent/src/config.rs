//! The config: one TOML file, parsed whole into types that can't be wrong.

mod attestation;
mod authority;
mod fixed;
mod keystore;
mod listen;
mod notary;
mod period;
mod secret_file;
mod text;
mod trust;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use privyseal_tuf::Sha256Digest;
use serde::Deserialize;
use toml::de::DeTable;

pub use self::{
    attestation::{AttestationSection, Demand},
    authority::{Authority, RoleLimits},
    fixed::FixedChange,
    keystore::KeystoreSection,
    listen::{ListenSection, Serves},
    notary::{NotaryRole, NotarySection},
    period::Period,
    secret_file::SecretFile,
    text::{HexHash, Mode},
    trust::{NotATrustRole, TrustRole},
};
use crate::{
    caller::CallerSpec,
    grant::{Grant, Grants},
    keystore::{KeyName, KeystoreName, Slot, attestation::Roots},
};

/// The whole config of an agent.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[agent]`.
    pub agent: AgentSection,
    /// `[limits]`.
    pub limits: Limits,
    /// `[[listen]]`.
    pub listen: Vec<ListenSection>,
    /// `[ledger]`.
    pub ledger: LedgerSection,
    /// `[attestation]`: whose word counts of where a key was made.
    pub attestation: Roots,
    /// `[[keystore]]`.
    pub keystores: Vec<KeystoreSection>,
    /// `[[authority]]` by name.
    pub authorities: BTreeMap<String, Authority>,
    /// `[[grant]]`, `[[notary]]` and `agent.operators`.
    pub grants: Grants,
    /// SHA-256 of the file, for the ledger.
    pub digest: Sha256Digest,
}

/// `[agent]`: where it listens and who operates it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSection {
    /// The Unix socket; absent where systemd hands one over.
    pub socket: Option<PathBuf>,
    /// The socket's mode.
    #[serde(default)]
    pub mode: Mode,
    /// The socket's group.
    pub group: Option<String>,
    /// Who may unlock, lock, generate, enrol and supersede.
    #[serde(default)]
    pub operators: Vec<CallerSpec>,
    /// How logs are written.
    #[serde(default)]
    pub log: LogFormat,
}

/// How logs are written to standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// `[limits]`: what a caller may ask at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Size of one document, in bytes.
    pub document_bytes: usize,
    /// Requests in flight over all connections.
    pub requests: NonZeroU32,
    /// Connections at a time.
    pub connections: NonZeroU32,
    /// Requests in flight of one caller.
    pub caller_requests: NonZeroU32,
    /// Connections of one caller at a time.
    pub caller_connections: NonZeroU32,
    /// Time for one request.
    pub request_time: Period,
    /// Keys of targets and snapshot of images that a keystore may have without their having signed
    /// anything, before callers who are no operators have no more made in it.
    pub unused_keys: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 10 * 1024 * 1024,
            requests: NonZeroU32::MIN.saturating_add(255),
            connections: NonZeroU32::MIN.saturating_add(255),
            caller_requests: NonZeroU32::MIN.saturating_add(127),
            caller_connections: NonZeroU32::MIN.saturating_add(63),
            request_time: Period::from_seconds(30),
            unused_keys: NonZeroU32::MIN.saturating_add(99),
        }
    }
}

/// `[ledger]`: where decisions are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSection {
    /// Its directory.
    pub directory: PathBuf,
    /// Its name, as `privyseald init` printed it. Absent only before `init`.
    pub genesis: Option<HexHash>,
    /// The keystore of the ledger key, for `init`.
    pub keystore: KeystoreName,
    /// The name of the ledger key, for `init`.
    pub key: KeyName,
    /// The slot of the ledger key, for `init`, where the keystore is a YubiKey.
    #[serde(default, deserialize_with = "attestation::named")]
    pub slot: Option<Slot>,
    /// Records between signed checkpoints.
    #[serde(default = "checkpoint_every")]
    pub checkpoint_every: NonZeroU32,
}

fn checkpoint_every() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(4095)
}

/// The file as TOML has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    agent: AgentSection,
    #[serde(default)]
    limits: Limits,
    ledger: LedgerSection,
    #[serde(default)]
    attestation: AttestationSection,
    #[serde(default)]
    authority: Vec<Authority>,
    #[serde(default)]
    grant: Vec<Grant>,
    #[serde(default)]
    listen: Vec<ListenSection>,
    #[serde(default)]
    notary: Vec<NotarySection>,
}

/// A config that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read the config {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, an unknown key, or a wrong type. The line is named, not shown: it may hold a PIN
    /// that somebody wrote where it doesn't belong.
    #[error("the config {path} is not valid, line {line}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The parts don't fit together.
    #[error("the config {path} is not valid: {what}")]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
}

impl ConfigError {
    /// What may stand in the ledger for ever: not the text of a parse error, which may repeat what
    /// somebody wrote where it doesn't belong.
    #[must_use]
    pub fn for_the_ledger(&self) -> String {
        match self {
            Self::Parse { path, line, .. } => {
                let path = path.display();
                format!("the config {path} is not valid, line {line}; the log says why")
            }
            Self::Read { .. } | Self::Inconsistent { .. } => self.to_string(),
        }
    }
}

impl Config {
    /// Reads and checks a config.
    ///
    /// # Errors
    /// Where the file can't be read or anything in it can't be meant.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let read = || {
            let mut table = DeTable::parse(text)?;
            let keystores = KeystoreSection::take(table.get_mut())?;
            let file = File::deserialize(toml::Deserializer::from(table))?;
            Ok((file, keystores))
        };
        let (file, keystores) = read().map_err(|error: toml::de::Error| {
            let before = error
                .span()
                .and_then(|span| text.get(..span.start))
                .unwrap_or_default();
            ConfigError::Parse {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                message: error.message().to_owned(),
            }
        })?;
        let fail = |what| ConfigError::Inconsistent {
            path: path.to_owned(),
            what,
        };
        let names = keystores.iter().map(KeystoreSection::name);
        unique("keystore", names.map(KeystoreName::as_str)).map_err(fail)?;
        unique("authority", file.authority.iter().map(|a| a.name.as_str())).map_err(fail)?;
        keystore::one_each(&keystores).map_err(fail)?;
        if !keystores.iter().any(|k| *k.name() == file.ledger.keystore) {
            return Err(fail(format!(
                "ledger.keystore is `{}`, but there is no [[keystore]] of that name",
                file.ledger.keystore
            )));
        }
        let authorities: BTreeMap<_, _> = file
            .authority
            .into_iter()
            .map(|a| (a.name.clone(), a))
            .collect();
        for grant in &file.grant {
            let authority = authorities.get(grant.authority()).ok_or_else(|| {
                fail(format!(
                    "a [[grant]] names the authority `{}`, but there is no [[authority]] of that name",
                    grant.authority()
                ))
            })?;
            grant.fits(authority, &keystores).map_err(fail)?;
        }
        for notary in &file.notary {
            if !authorities.contains_key(&notary.authority) {
                return Err(fail(format!(
                    "a [[notary]] names the authority `{}`, but there is no [[authority]] of that name",
                    notary.authority
                )));
            }
            if !keystores.iter().any(|k| *k.name() == notary.keystore) {
                return Err(fail(format!(
                    "a [[notary]] names the keystore `{}`, but there is no [[keystore]] of that name",
                    notary.keystore
                )));
            }
        }
        let addresses = file.listen.iter().map(|l| l.address.to_string());
        let addresses: Vec<_> = addresses.collect();
        unique("listen", addresses.iter().map(String::as_str)).map_err(fail)?;
        Ok(Self {
            grants: Grants::new(file.grant, file.notary, file.agent.operators.clone()),
            listen: file.listen,
            agent: file.agent,
            limits: file.limits,
            ledger: file.ledger,
            attestation: file.attestation.roots().map_err(fail)?,
            keystores,
            authorities,
            digest: Sha256Digest::of(text.as_bytes()),
        })
    }
}

fn unique<'a>(kind: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("there are two [[{kind}]] named `{name}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
