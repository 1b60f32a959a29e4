use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Login, LoginError, decoded};
use crate::file::read_secret;

/// docker's `config.json`, as far as logins go.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DockerConfig {
    auths: BTreeMap<String, Entry>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<SecretString>,
    username: Option<String>,
    password: Option<SecretString>,
    identitytoken: Option<SecretString>,
}

/// Longer than any docker writes.
const LONGEST: u64 = 4 * 1024 * 1024;

impl DockerConfig {
    /// A file that is not there says nothing.
    pub(super) fn read(path: &Path) -> Result<Self, LoginError> {
        let wrong = |reason: String| LoginError::Config {
            path: path.to_owned(),
            reason,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let read = read_secret(file, LONGEST).map_err(|error| wrong(error.to_string()))?;
        let too_long = || wrong(format!("it is no file, or longer than {LONGEST} bytes"));
        let bytes = read.ok_or_else(too_long)?;
        // What serde says of a value shows the value.
        serde_json::from_slice(&bytes).map_err(|error| {
            wrong(format!(
                "line {}, column {}: it is not as docker writes it",
                error.line(),
                error.column()
            ))
        })
    }

    /// The credential helper for a host.
    pub(super) fn helper(&self, host: &str) -> Option<&str> {
        let own = self.cred_helpers.get(host).map(String::as_str);
        own.or(Some(&self.creds_store)).filter(|it| !it.is_empty())
    }

    /// The login that stands in the file itself.
    pub(super) fn login(&self, host: &str, path: &Path) -> Result<Option<Login>, LoginError> {
        let Some(entry) = self.entry(host) else {
            return Ok(None);
        };
        let filled = |text: &&SecretString| !text.expose_secret().is_empty();
        if let Some(token) = entry.identitytoken.as_ref().filter(filled) {
            return Ok(Some(Login::IdentityToken(token.clone())));
        }
        if let Some(auth) = entry.auth.as_ref().filter(filled) {
            let wrong = || LoginError::Entry {
                path: path.to_owned(),
                host: host.to_owned(),
            };
            return decoded(auth).map(Some).ok_or_else(wrong);
        }
        Ok(match (&entry.username, &entry.password) {
            (Some(user), Some(password)) if !user.is_empty() => Some(Login::Password {
                user: user.clone(),
                password: password.clone(),
            }),
            _ => None,
        })
    }

    /// Entries are named by hosts, and by URLs in files of old.
    fn entry(&self, host: &str) -> Option<&Entry> {
        self.auths.get(host).or_else(|| {
            let mut entries = self.auths.iter();
            let found = entries.find(|(name, _)| host_of(name) == host_of(host));
            found.map(|(_, entry)| entry)
        })
    }
}

fn host_of(name: &str) -> &str {
    let name = name.strip_prefix("https://").unwrap_or(name);
    let name = name.strip_prefix("http://").unwrap_or(name);
    name.split('/').next().unwrap_or(name)
}
