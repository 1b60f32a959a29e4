use std::io::{self};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Pins;
use super::content_trust::ContentTrust;
use super::error::PinConfigError;
use super::notary::NotaryPinning;
use super::own::OwnPinning;
use crate::file::read_if_there;

/// Where pins are written down.
#[derive(Clone, Debug, Default)]
pub struct PinSources {
    /// `[trust.pinning]`, with the config file that it stands in.
    pub own: Option<(OwnPinning, PathBuf)>,
    /// Docker's `daemon.json`, which need not be there or have the section.
    pub daemon: Option<PathBuf>,
    /// notary's `config.json`, which need not be there or have the section.
    pub notary: Option<PathBuf>,
}

/// The longest config that is read, in bytes.
const MOST_BYTES: u64 = 4 << 20;

/// What else stands in there is for others.
#[derive(Default, Deserialize)]
struct DaemonFile {
    #[serde(rename = "content-trust")]
    content_trust: Option<ContentTrust>,
}

#[derive(Default, Deserialize)]
struct NotaryFile {
    trust_pinning: Option<NotaryPinning>,
}

impl Pins {
    /// Reads what is pinned.
    ///
    /// # Errors
    /// Where a file can't be read, or says something that can't be: then nothing may be trusted.
    pub fn of(sources: PinSources) -> Result<Self, PinConfigError> {
        let mut pins = Self::none();
        if let Some((own, path)) = sources.own {
            let directory = crate::file::directory_of(&path);
            let (content_trust, notary) = own.split(directory, &path)?;
            let from = format!("[trust.pinning] of {}", path.display());
            pins = pins
                .with_content_trust(&from, content_trust)
                .with_notary(&from, notary);
        }
        if let Some(path) = sources.daemon {
            let file: DaemonFile = read(&path)?;
            if let Some(section) = file.content_trust {
                if let Some(what) = section.problem() {
                    return Err(PinConfigError::whole(
                        &path,
                        format!("content-trust: {what}"),
                    ));
                }
                pins = pins.with_content_trust(path.display().to_string(), section);
            }
        }
        if let Some(path) = sources.notary {
            let file: NotaryFile = read(&path)?;
            if let Some(section) = file.trust_pinning {
                let section = section.relative_to(crate::file::directory_of(&path));
                pins = pins.with_notary(path.display().to_string(), section);
            }
        }
        Ok(pins)
    }
}

fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, PinConfigError> {
    let failed = |source| PinConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let bytes = match read_if_there(path, MOST_BYTES) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            return Err(PinConfigError::whole(path, "longer than any config"));
        }
        Err(error) => return Err(failed(error)),
    };
    if bytes.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&bytes).map_err(|e| PinConfigError::whole(path, e))
}
