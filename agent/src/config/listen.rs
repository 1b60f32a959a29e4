//! `[[listen]]`: where callers connect over TCP, with mutual TLS.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

use super::{Period, SecretFile};

/// One `[[listen]]` of the config.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenSection {
    /// IP address and port.
    pub address: SocketAddr,
    /// What is served there.
    #[serde(default)]
    pub serves: Serves,
    /// The agent's certificate with its intermediates, PEM, leaf first.
    pub certificate: PathBuf,
    /// The certificate's private key, PEM.
    pub key: SecretFile,
    /// The CAs of client certificates, PEM.
    pub client_ca: PathBuf,
    /// Their certificate revocation lists, PEM or DER.
    #[serde(default)]
    pub crl: Vec<PathBuf>,
    /// TLS 1.2 too? Without it, TLS 1.3 alone.
    #[serde(default)]
    pub tls12: bool,
    /// Time for a TLS handshake.
    #[serde(default = "handshake_time")]
    pub handshake_time: Period,
    /// A connection on which nothing arrives for so long is closed.
    #[serde(default = "idle_time")]
    pub idle_time: Period,
}

/// What is served at an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Serves {
    /// `privyseal.v1`, as on the Unix socket.
    #[default]
    Privyseal,
    /// The API that notary-server speaks to its signer.
    Notary,
}

fn handshake_time() -> Period {
    Period::from_seconds(10)
}

fn idle_time() -> Period {
    Period::from_seconds(600)
}
