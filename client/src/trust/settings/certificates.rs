use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::SettingsError;

/// Whom a connection believes, and who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whom it believes.
    pub authorities: Authorities,
    /// What the other side is shown where it asks.
    pub identity: Option<ClientCertificate>,
}

/// The CAs that a server's certificate may come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authorities {
    /// Those of the system.
    #[default]
    System,
    /// Those of the system, and those in these PEM files.
    SystemAnd(Vec<PathBuf>),
    /// Those in this PEM file alone.
    Only(PathBuf),
}

/// A certificate and its private key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Leaf first.
    pub certificate: PathBuf,
    /// PKCS#8, SEC1 or PKCS#1, not encrypted.
    pub key: PathBuf,
}

/// More files than any host needs.
const MOST: usize = 100;

impl Tls {
    /// With what was named. A CA that was named is the only one.
    pub(super) fn naming(ca: Option<PathBuf>, identity: Option<ClientCertificate>) -> Self {
        Self {
            authorities: ca.map_or(Authorities::System, Authorities::Only),
            identity,
        }
    }

    /// With what stands in a directory as docker has it, `*.crt` for CAs and `X.cert` with `X.key`,
    /// where nothing was named.
    pub(super) fn or_from(mut self, directory: &Path) -> Result<Self, SettingsError> {
        let unreadable = |source| SettingsError::Read {
            path: directory.to_owned(),
            source,
        };
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for entry in entries.take(MOST) {
            names.push(entry.map_err(unreadable)?.path());
        }
        names.sort();
        let ending = |ending: &str| {
            let is_it = |path: &&PathBuf| path.extension().is_some_and(|it| it == ending);
            names.iter().filter(is_it).cloned().collect::<Vec<_>>()
        };
        let authorities = ending("crt");
        if self.authorities == Authorities::System && !authorities.is_empty() {
            self.authorities = Authorities::SystemAnd(authorities);
        }
        if self.identity.is_none() {
            self.identity = identity(directory, &ending("cert"), &ending("key"))?;
        }
        Ok(self)
    }
}

fn identity(
    directory: &Path,
    certificates: &[PathBuf],
    keys: &[PathBuf],
) -> Result<Option<ClientCertificate>, SettingsError> {
    let half = |there: &Path, missing: &Path| {
        let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
        SettingsError::Half {
            path: directory.to_owned(),
            there: name(there),
            missing: name(missing),
        }
    };
    for key in keys {
        let certificate = key.with_extension("cert");
        if !certificates.contains(&certificate) {
            return Err(half(key, &certificate));
        }
    }
    let Some(certificate) = certificates.first() else {
        return Ok(None);
    };
    let key = certificate.with_extension("key");
    if !keys.contains(&key) {
        return Err(half(certificate, &key));
    }
    let certificate = certificate.clone();
    Ok(Some(ClientCertificate { certificate, key }))
}

/// Certificate and key, of which one alone is a mistake.
pub(super) fn pair(
    file: &Path,
    certificate: (&str, Option<PathBuf>),
    key: (&str, Option<PathBuf>),
) -> Result<Option<ClientCertificate>, SettingsError> {
    let half = |there: &str, missing: &str| SettingsError::Half {
        path: file.to_owned(),
        there: there.to_owned(),
        missing: missing.to_owned(),
    };
    match (certificate, key) {
        ((_, Some(certificate)), (_, Some(key))) => {
            Ok(Some(ClientCertificate { certificate, key }))
        }
        ((there, Some(_)), (missing, None)) | ((missing, None), (there, Some(_))) => {
            Err(half(there, missing))
        }
        ((_, None), (_, None)) => Ok(None),
    }
}
