use std::io;
use std::path::PathBuf;

use super::place::Origin;
use crate::trust::reference::Gun;

/// What is set down can't be followed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no home directory.
    #[error("this user has no home directory: set HOME, or XDG_CONFIG_HOME")]
    NoHome,
    /// A file or directory can't be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {reason}", path.display())]
    Parse {
        /// Which.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A server's address that can't be.
    #[error("{origin}: {text:?} {reason}")]
    Url {
        /// Where it was given.
        origin: Origin,
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nothing says where a repository's trust data is.
    #[error(
        "{0} begins with no registry, so nothing says which server has its trust data: give --server, or write server = \"https://HOST\" under [trust] in ~/.config/privyseal/config.toml"
    )]
    NoServer(Gun),
    /// Unverified TLS.
    #[error(
        "{}: skipTLSVerify is set, and this client speaks with no server that it can't verify: name the CA of the server's certificate as root_ca, and take skipTLSVerify out", .0.display()
    )]
    SkipsVerification(PathBuf),
    /// A certificate without its key, or a key without its certificate.
    #[error("{}: {there} is there and {missing} is not: certificate and key belong together", path.display())]
    Half {
        /// The file or directory.
        path: PathBuf,
        /// What is there.
        there: String,
        /// What is not.
        missing: String,
    },
}
