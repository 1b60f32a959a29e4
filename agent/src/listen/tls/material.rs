//! What a listener's handshakes need, read from the files that its section names.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::{TlsError, verifier};
use crate::{
    caller::Certificate,
    config::{ListenSection, SecretFile},
    file::{self, Readers},
};

/// The longest file of certificates, in bytes.
const CERTIFICATES: usize = 1 << 20;

/// The longest file of a private key, in bytes.
const KEY: usize = 64 * 1024;

/// The protocol of gRPC, as ALPN names it (RFC 9113, section 3.1).
const H2: &[u8] = b"h2";

/// A section with the content of its files.
pub(super) struct Material {
    /// The section.
    pub(super) section: ListenSection,
    /// Shakes hands.
    pub(super) acceptor: TlsAcceptor,
    /// Says whether a chain of a client is trusted now.
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
}

impl Material {
    /// Reads all of it.
    ///
    /// # Errors
    /// The file that can't be used, and why.
    pub(super) fn load(section: &ListenSection) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&section.certificate)?;
        let key = key(section, chain)?;
        let verifier = verifier::load(section, &provider)?;
        let versions: &[_] = match section.tls12 {
            false => &[&TLS13],
            true => &[&TLS13, &TLS12],
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(TlsError::Rustls)?
            .with_client_cert_verifier(Arc::clone(&verifier))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        config.alpn_protocols = vec![H2.to_vec()];
        // A resumed session would bring its certificate along unverified: revoked meanwhile, or of
        // a CA that is gone. So none is kept, and no ticket is handed out.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            section: section.clone(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            verifier,
        })
    }
}

/// Where the key's file is.
pub(super) fn key_path(section: &ListenSection) -> Result<(PathBuf, Readers), file::FileError> {
    match &section.key {
        SecretFile::File(path) => Ok((path.clone(), Readers::AgentAlone)),
        SecretFile::Credential(name) => Ok((file::credential(name.as_str())?, Readers::Systemd)),
    }
}

/// The certificates of a PEM file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = |why| TlsError::Certificates(path.to_owned(), why);
    let pem = file::read(path, Readers::Everybody, CERTIFICATES)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match read {
        Ok(chain) if chain.is_empty() => Err(bad("it holds no certificate in PEM".to_owned())),
        Ok(chain) => Ok(chain),
        Err(error) => Err(bad(error.to_string())),
    }
}

/// What can't be read is found elsewhere.
pub(super) fn has_expired(certificate: &CertificateDer<'_>) -> bool {
    let read = Certificate::read(certificate);
    read.is_ok_and(|(_, until)| until <= SystemTime::now())
}

/// The key, checked to be the one of the certificate.
fn key(
    section: &ListenSection,
    chain: Vec<CertificateDer<'static>>,
) -> Result<CertifiedKey, TlsError> {
    let (path, readers) = key_path(section)?;
    let bad = |why: String| TlsError::Key(path.clone(), why);
    if chain.first().is_some_and(has_expired) {
        let path = section.certificate.display();
        tracing::warn!("the certificate in {path} has expired: clients will refuse the agent");
    }
    let pem = file::read(&path, readers, KEY)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            bad("it holds no private key in PEM that is not encrypted".to_owned())
        }
        error => bad(error.to_string()),
    })?;
    let key = Zeroizing::new(key);
    let key = ring::sign::any_supported_type(&key).map_err(|error| bad(error.to_string()))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| TlsError::Pair {
        certificate: section.certificate.clone(),
        key: path.clone(),
    })?;
    Ok(certified)
}
