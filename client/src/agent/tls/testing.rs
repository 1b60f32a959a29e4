//! Certificates and a server for tests. The real agent has tests of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, os::unix::fs::PermissionsExt};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;

use super::{Identity, TlsFiles};

/// A CA in a directory, and what it issued there.
pub(crate) struct Ca {
    directory: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    pub(crate) fn new(directory: &Path) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        let name = directory.file_name().unwrap().to_str().unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        fs::create_dir_all(directory).unwrap();
        fs::write(directory.join("ca.pem"), pem).unwrap();
        Self {
            directory: directory.to_owned(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        let file = |end: &str| self.directory.join(format!("{name}.{end}"));
        let (certificate, key_file) = (file("pem"), file("key"));
        fs::write(&certificate, pem).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
        Identity {
            certificate,
            key: key_file,
        }
    }

    /// What a client needs that `name` is issued for, and that believes this CA.
    pub(crate) fn client(&self, name: &str) -> TlsFiles {
        TlsFiles {
            identity: Some(self.issue(name)),
            ca: Some(self.directory.join("ca.pem")),
            server_name: None,
        }
    }

    /// Waits on a free port of 127.0.0.1 for clients of this CA, until the present runtime
    /// ends: the address, and the streams inside TLS.
    pub(crate) fn listen(
        &self,
        protocol: &[u8],
    ) -> (String, ReceiverStream<std::io::Result<DuplexStream>>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let acceptor = TlsAcceptor::from(Arc::new(self.server(protocol)));
        let (to, from) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let Ok(mut tls) = acceptor.accept(tcp).await else {
                    continue;
                };
                let (mut near, far) = duplex(65_536);
                tokio::spawn(async move { copy_bidirectional(&mut tls, &mut near).await });
                to.send(Ok(far)).await.unwrap();
            }
        });
        (address, ReceiverStream::new(from))
    }

    fn server(&self, protocol: &[u8]) -> ServerConfig {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_file(self.directory.join("ca.pem")).unwrap();
        roots.add(ca).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let own = self.issue("127.0.0.1");
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(
                vec![CertificateDer::from_pem_file(own.certificate).unwrap()],
                PrivateKeyDer::from_pem_file(own.key).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        config
    }
}
