use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use super::certificates::{ClientCertificate, Tls, pair};
use super::error::SettingsError;
use super::place::{self, Origin};
use crate::trust::pins::OwnPinning;

/// `[trust]` of the user's config file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TrustTable {
    server: Option<String>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    registry_ca: Option<PathBuf>,
    pub(super) authority: Option<String>,
    pub(super) root_keys: Vec<String>,
    pub(super) token_hosts: Vec<String>,
    pub(super) insecure_registries: Vec<String>,
    pub(super) engine: Option<String>,
    pub(super) pinning: Option<OwnPinning>,
    #[serde(skip)]
    pub(super) path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    trust: TrustTable,
    #[serde(default, rename = "agent")]
    _agent: Option<IgnoredAny>,
}

impl TrustTable {
    pub(super) fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => {
                let path = path.to_owned();
                return Err(SettingsError::Read { path, source });
            }
        };
        let file: ConfigFile = toml::from_str(&text).map_err(|error| SettingsError::Parse {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let mut table = file.trust;
        table.path = path.to_owned();
        table.identity()?;
        Ok(table)
    }

    pub(super) fn server(&self) -> Result<Option<Url>, SettingsError> {
        let url = |text: &String| place::url(text, Origin::Config);
        self.server.as_ref().map(url).transpose()
    }

    pub(super) fn has_tls(&self) -> bool {
        self.ca.is_some() || self.certificate.is_some()
    }

    pub(super) fn tls(&self) -> Result<Tls, SettingsError> {
        Ok(Tls::naming(self.based(self.ca.as_ref()), self.identity()?))
    }

    pub(super) fn registry_ca(&self) -> Option<PathBuf> {
        self.based(self.registry_ca.as_ref())
    }

    fn identity(&self) -> Result<Option<ClientCertificate>, SettingsError> {
        let certificate = self.based(self.certificate.as_ref());
        let key = self.based(self.key.as_ref());
        pair(
            &self.path,
            ("certificate of [trust]", certificate),
            ("key of [trust]", key),
        )
    }

    fn based(&self, path: Option<&PathBuf>) -> Option<PathBuf> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        path.map(|path| directory.join(path))
    }
}
