use std::env;
use std::path::{Path, PathBuf};

use rustls::pki_types::ServerName;

/// The environment variables that name the files of agents whose entry names none.
pub(in crate::agent) const CERTIFICATE_VARIABLE: &str = "PRIVYSEAL_TLS_CERTIFICATE";
/// See [`CERTIFICATE_VARIABLE`].
pub(in crate::agent) const KEY_VARIABLE: &str = "PRIVYSEAL_TLS_KEY";
/// See [`CERTIFICATE_VARIABLE`].
pub(super) const CA_VARIABLE: &str = "PRIVYSEAL_TLS_CA";

/// What is known of the TLS connection to an agent, from one place or from several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Who the caller is.
    pub identity: Option<Identity>,
    /// The certificates, PEM, one of which the agent's certificate must come from.
    pub ca: Option<PathBuf>,
    /// What the agent's certificate must be for, where that is not the address's host.
    pub server_name: Option<ServerName<'static>>,
}

/// A person's or job's certificate and its private key. They are named together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// PEM, leaf first.
    pub certificate: PathBuf,
    /// PEM (PKCS#8, SEC1 or PKCS#1), readable by its owner only.
    pub key: PathBuf,
}

/// The variables do not name files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// A secret in the environment.
    #[error("{0} holds a certificate or key itself: write it to a file, and name the file")]
    Content(&'static str),
    /// Half an identity.
    #[error("{there} is set, but {missing} is not: they belong together")]
    Half {
        /// The one that is set.
        there: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
}

impl TlsFiles {
    /// True where nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// True where nothing is missing that a connection needs.
    pub fn is_complete(&self) -> bool {
        self.identity.is_some() && self.ca.is_some()
    }

    /// With what `other` knows where nothing is known here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            identity: self.identity.or(other.identity),
            ca: self.ca.or(other.ca),
            server_name: self.server_name.or(other.server_name),
        }
    }

    /// With relative paths read from `directory`.
    #[must_use]
    pub fn based_in(self, directory: &Path) -> Self {
        Self {
            identity: self.identity.map(|identity| Identity {
                certificate: directory.join(identity.certificate),
                key: directory.join(identity.key),
            }),
            ca: self.ca.map(|ca| directory.join(ca)),
            server_name: self.server_name,
        }
    }

    /// What the environment variables name.
    ///
    /// # Errors
    /// Where they do not name files. The message never shows what they hold.
    pub fn from_environment() -> Result<Self, VariableError> {
        Self::from_variables(|name| env::var_os(name).map(PathBuf::from))
    }

    fn from_variables(get: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, VariableError> {
        let path = |name| match get(name).filter(|path| !path.as_os_str().is_empty()) {
            Some(path) if is_content(&path) => Err(VariableError::Content(name)),
            path => Ok(path),
        };
        let half = |there, missing| Err(VariableError::Half { there, missing });
        let identity = match (path(CERTIFICATE_VARIABLE)?, path(KEY_VARIABLE)?) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (Some(_), None) => return half(CERTIFICATE_VARIABLE, KEY_VARIABLE),
            (None, Some(_)) => return half(KEY_VARIABLE, CERTIFICATE_VARIABLE),
            (None, None) => None,
        };
        Ok(Self {
            identity,
            ca: path(CA_VARIABLE)?,
            server_name: None,
        })
    }
}

/// Whether somebody put PEM where a path belongs. A path with line ends is none, either.
pub(in crate::agent) fn is_content(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    text.contains(&b'\n') || text.trim_ascii_start().starts_with(b"-----BEGIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&str, &str)]) -> Result<TlsFiles, VariableError> {
        TlsFiles::from_variables(|name| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| PathBuf::from(value))
        })
    }

    #[test]
    fn variables_name_files() {
        assert!(variables(&[]).unwrap().is_empty());
        assert!(variables(&[(CA_VARIABLE, "")]).unwrap().is_empty());
        let all = [
            (CERTIFICATE_VARIABLE, "me.pem"),
            (KEY_VARIABLE, "/me.key"),
            (CA_VARIABLE, "/ca.pem"),
        ];
        let files = variables(&all).unwrap();
        assert!(files.is_complete());
        assert_eq!(files.identity.unwrap().certificate, Path::new("me.pem"));
        assert_eq!(
            variables(&all[1..]),
            Err(VariableError::Half {
                there: KEY_VARIABLE,
                missing: CERTIFICATE_VARIABLE
            })
        );
    }

    #[test]
    fn a_key_in_a_variable_is_not_shown() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n";
        let error = variables(&[(KEY_VARIABLE, key)]).unwrap_err();
        assert_eq!(error, VariableError::Content(KEY_VARIABLE));
        assert!(!format!("{error} {error:?}").contains("BEGIN"));
        assert!(is_content(Path::new("MIGHAgEAMBMG\nByqGSM49")));
        assert!(!is_content(Path::new("/etc/-----BEGIN/x")));
    }

    #[test]
    fn the_first_place_that_names_something_wins() {
        let files = |ca: &str, name: &str| TlsFiles {
            identity: None,
            ca: Some(PathBuf::from(ca)).filter(|ca| !ca.as_os_str().is_empty()),
            server_name: ServerName::try_from(name.to_owned()).ok(),
        };
        assert_eq!(files("a", "").or(files("b", "c")), files("a", "c"));
        assert_eq!(files("", "d").or(files("b", "c")), files("b", "d"));
        let based = files("ca.pem", "").based_in(Path::new("/home/ada"));
        assert_eq!(based.ca.unwrap(), Path::new("/home/ada/ca.pem"));
        let based = files("/ca.pem", "").based_in(Path::new("/home/ada"));
        assert_eq!(based.ca.unwrap(), Path::new("/ca.pem"));
    }
}
