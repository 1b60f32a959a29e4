use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::explain::Explained;
use super::files::{CA_VARIABLE, CERTIFICATE_VARIABLE, Identity, KEY_VARIABLE, TlsFiles};
use crate::agent::address::Network;
use crate::file::{open_to_others, read_secret};

/// Longer than any chain or list of CAs that one agent needs.
const LONGEST: u64 = 1024 * 1024;

/// With what an agent is spoken to: who we are, and whom we believe.
#[derive(Clone, Debug)]
pub(in crate::agent) struct Credentials {
    pub(super) config: Arc<ClientConfig>,
    pub(super) server_name: ServerName<'static>,
    /// Of our own certificate.
    pub(in crate::agent) fingerprint: Fingerprint,
}

/// SHA-256 of a certificate. Shown as an agent's config names it: `cert:HEX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cert:{}", hex::encode(self.0))
    }
}

impl Credentials {
    /// Reads the files.
    ///
    /// # Errors
    /// What is missing or wrong, and what to do about it.
    pub(in crate::agent) fn load(files: &TlsFiles, network: &Network) -> Result<Self, Explained> {
        let identity = files.identity.as_ref().ok_or_else(no_identity)?;
        let ca = files.ca.as_ref().ok_or_else(no_ca)?;
        let server_name = match &files.server_name {
            Some(name) => name.clone(),
            None => network
                .server_name()
                .map_err(|error| Explained::new(error.to_string(), "correct the address"))?,
        };
        let chain = certificates(&identity.certificate)?;
        let fingerprint =
            Fingerprint(Sha256::digest(chain.first().map_or(&[][..], |leaf| leaf)).into());
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| unusable(identity, &error))?
            .with_root_certificates(roots(ca)?)
            .with_client_auth_cert(chain, private_key(&identity.key)?);
        let mut config = config.map_err(|error| unusable(identity, &error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Each connection shows both certificates anew: one may have been revoked meanwhile.
        config.resumption = Resumption::disabled();
        Ok(Self {
            config: Arc::new(config),
            server_name,
            fingerprint,
        })
    }
}

/// The certificates of a PEM file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Explained> {
    let pem = read(path, File::open(path))?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(Explained::new(
            format!("{} holds no certificate in PEM", path.display()),
            "name a file that begins a certificate with -----BEGIN CERTIFICATE-----",
        )),
    }
}

fn roots(path: &Path) -> Result<RootCertStore, Explained> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| {
            Explained::new(
                format!("{} holds a broken certificate: {error}", path.display()),
                "get the file anew from whoever runs the agent",
            )
        })?;
    }
    Ok(roots)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Explained> {
    let file = File::open(path);
    if let Ok(file) = &file {
        let mode = open_to_others(file).map_err(|error| unreadable(path, &error))?;
        if let Some(mode) = mode {
            return Err(Explained::new(
                format!(
                    "{} can be read by others (mode {mode:04o}), so the key in it is no secret",
                    path.display()
                ),
                format!(
                    "chmod 600 {}; have the certificate revoked if somebody may have read it",
                    path.display()
                ),
            ));
        }
    }
    PrivateKeyDer::from_pem_slice(&read(path, file)?).map_err(|_| {
        Explained::new(
            format!("{} holds no private key that can be used", path.display()),
            "it must be PEM (PKCS#8, SEC1 or PKCS#1), and not encrypted",
        )
    })
}

/// A whole file, which may be a secret.
fn read(path: &Path, file: io::Result<File>) -> Result<Zeroizing<Vec<u8>>, Explained> {
    let not_such = || io::Error::other("this is no file of certificates or keys");
    let all = file.and_then(|file| read_secret(file, LONGEST)?.ok_or_else(not_such));
    all.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Explained {
    let tilde = match path.components().any(|part| part.as_os_str() == "~") {
        true => "; ~ is not expanded: write the whole path",
        false => "",
    };
    Explained::new(
        format!("cannot read {}: {error}", path.display()),
        format!("correct the path, or the file's permissions{tilde}"),
    )
}

fn unusable(identity: &Identity, error: &rustls::Error) -> Explained {
    let (certificate, key) = (identity.certificate.display(), identity.key.display());
    match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => Explained::new(
            format!("{key} is not the key of the certificate {certificate}"),
            "name the key that the certificate was made for",
        ),
        _ => Explained::new(
            format!("the certificate {certificate} and its key {key} can't be used: {error}"),
            "have a certificate made for a key on P-256, P-384 or Ed25519, or an RSA key",
        ),
    }
}

fn no_identity() -> Explained {
    Explained::new(
        "it asks for a certificate, and none of yours is named",
        format!(
            "name your certificate and its key, `certificate` and `key`, in an [[agent]] entry with this address in ~/.config/privyseal/config.toml, or the files in {CERTIFICATE_VARIABLE} and {KEY_VARIABLE}"
        ),
    )
}

fn no_ca() -> Explained {
    Explained::new(
        "nothing says which CA its certificate must come from",
        format!(
            "name the CA's file: `ca` in an [[agent]] entry with this address, or {CA_VARIABLE}; whoever runs the agent has it"
        ),
    )
}
