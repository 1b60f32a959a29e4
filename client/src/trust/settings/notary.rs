use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;
use url::Url;

use super::certificates::{Tls, pair};
use super::error::SettingsError;
use super::place::{self, Origin};

/// `~/.notary/config.json`. Fields that do not concern the server are left alone.
#[derive(Clone, Debug, Default)]
pub(super) struct NotaryConfig {
    path: PathBuf,
    home: PathBuf,
    file: ConfigFile,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    trust_dir: Option<PathBuf>,
    remote_server: RemoteServer,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RemoteServer {
    url: Option<String>,
    root_ca: Option<PathBuf>,
    tls_client_cert: Option<PathBuf>,
    tls_client_key: Option<PathBuf>,
    #[serde(rename = "skipTLSVerify")]
    skip_tls_verify: bool,
}

impl NotaryConfig {
    pub(super) fn read(home: &Path) -> Result<Self, SettingsError> {
        let path = home.join(".notary").join("config.json");
        let file = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| SettingsError::Parse {
                path: path.clone(),
                reason: error.to_string(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => ConfigFile::default(),
            Err(source) => return Err(SettingsError::Read { path, source }),
        };
        Ok(Self {
            path,
            home: home.to_owned(),
            file,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn server(&self) -> Result<Option<Url>, SettingsError> {
        let text = self.file.remote_server.url.as_ref();
        let text = text.filter(|text| !text.is_empty());
        text.map(|text| place::url(text, Origin::Notary))
            .transpose()
    }

    pub(super) fn tls(&self) -> Result<Tls, SettingsError> {
        let server = &self.file.remote_server;
        if server.skip_tls_verify {
            return Err(SettingsError::SkipsVerification(self.path.clone()));
        }
        let identity = pair(
            &self.path,
            (
                "tls_client_cert",
                self.based(server.tls_client_cert.as_ref()),
            ),
            ("tls_client_key", self.based(server.tls_client_key.as_ref())),
        )?;
        Ok(Tls::naming(self.based(server.root_ca.as_ref()), identity))
    }

    pub(super) fn trust_directory(&self) -> PathBuf {
        let named = self.based(self.file.trust_dir.as_ref());
        named.unwrap_or_else(|| self.home.join(".notary"))
    }

    /// Paths are relative to the config file, and `~/` is the home directory.
    fn based(&self, path: Option<&PathBuf>) -> Option<PathBuf> {
        let path = path.filter(|path| !path.as_os_str().is_empty())?;
        if let Ok(rest) = path.strip_prefix("~") {
            return Some(self.home.join(rest));
        }
        Some(self.path.parent().unwrap_or(Path::new("/")).join(path))
    }
}
