//! Files of a `[[listen]]` that can't be used.

use std::path::PathBuf;

use crate::file::FileError;

/// Which file, and why.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Missing, unsafe, or too long.
    #[error(transparent)]
    File(#[from] FileError),
    /// No certificates.
    #[error("the certificates in {path} can't be used: {1}", path = .0.display())]
    Certificates(PathBuf, String),
    /// No private key.
    #[error("the private key in {path} can't be used: {1}", path = .0.display())]
    Key(PathBuf, String),
    /// Two files of different makings.
    #[error(
        "the private key in {} is not the one of the certificate in {}: put files there that were \
         made together", key.display(), certificate.display()
    )]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// No revocation lists.
    #[error("the revocation lists in {path} can't be used: {1}", path = .0.display())]
    Revocations(PathBuf, String),
    /// Our own settings don't go together.
    #[error("TLS can't be set up: {0}")]
    Rustls(rustls::Error),
}
