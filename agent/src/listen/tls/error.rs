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
    /// Who holds its key could make certificates for any caller.
    #[error(
        "{subject} in {path} is no CA (it lacks {lacks}), and would be trusted as one: put the CA \
         there that issued it; to let in one certificate alone, name it in the config as \
         cert:SHA256", path = .path.display()
    )]
    NoCa {
        /// The file of CAs.
        path: PathBuf,
        /// Whose certificate it is.
        subject: String,
        /// What a CA's has.
        lacks: &'static str,
    },
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
    /// A list from which who is missing may be revoked all the same.
    #[error(
        "a revocation list of {issuer} in {path} is not the whole list of its CA ({why}): a \
         certificate that is not on it may be revoked all the same; put the whole list there, which \
         has no such extension", path = .path.display()
    )]
    PartOfList {
        /// The file of lists.
        path: PathBuf,
        /// Whose list it is.
        issuer: String,
        /// How the list says so.
        why: &'static str,
    },
    /// Our own settings don't go together.
    #[error("TLS can't be set up: {0}")]
    Rustls(rustls::Error),
}
