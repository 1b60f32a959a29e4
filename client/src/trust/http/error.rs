use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use crate::show::escape;

/// A server was not asked, or its answer did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{server}: {what}")]
pub struct TransportError {
    server: String,
    kind: TransportKind,
    what: String,
    remedy: String,
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// No connection stood: nothing was asked.
    Unreachable,
    /// The other side is not who it should be, or does not let us in: nothing was asked.
    Unproven,
    /// Something without TLS answers: nothing was asked.
    NoTls,
    /// It may have been asked, and no whole answer came.
    Cut,
    /// The answer goes on beyond what is read of one.
    TooLarge,
    /// It sends us where we do not go.
    Redirect,
    /// A file here can't be used: nothing was asked.
    File,
}

const LONGEST: usize = 300;
/// Of errors in errors.
const DEPTH: usize = 8;
const NETWORK: &str = "check the address, the network, and whether the server runs";

impl TransportError {
    /// How far it came.
    #[must_use]
    pub fn kind(&self) -> TransportKind {
        self.kind
    }

    /// The server's URL.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What happened, without the server.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Whether the request may have been carried out though no answer says so.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        matches!(self.kind, TransportKind::Cut | TransportKind::TooLarge)
    }

    /// Whether another attempt may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.kind, TransportKind::Unreachable | TransportKind::Cut)
    }

    fn new(base: &Url, kind: TransportKind, what: &str, remedy: impl Into<String>) -> Self {
        let first: String = what.chars().take(LONGEST).collect();
        Self {
            server: base.as_str().trim_end_matches('/').to_owned(),
            kind,
            what: escape(first.trim()),
            remedy: remedy.into(),
        }
    }

    pub(super) fn late(base: &Url, limit: Duration) -> Self {
        let what = format!("it did not answer within {} seconds", limit.as_secs());
        Self::new(base, TransportKind::Cut, &what, NETWORK)
    }

    pub(super) fn too_large(base: &Url, limit: usize) -> Self {
        let what = format!("it answers with more than {limit} bytes");
        let remedy = "this is no answer of a well-kept server: tell whoever runs it";
        Self::new(base, TransportKind::TooLarge, &what, remedy)
    }

    pub(super) fn redirect(base: &Url, reason: impl AsRef<str>) -> Self {
        let remedy = "correct the server's address, or tell whoever runs it";
        Self::new(base, TransportKind::Redirect, reason.as_ref(), remedy)
    }

    pub(super) fn file(base: &Url, what: String, remedy: impl Into<String>) -> Self {
        Self::new(base, TransportKind::File, &what, remedy)
    }

    /// The client can't be made.
    pub(super) fn unusable(base: &Url, error: &reqwest::Error) -> Self {
        let what = format!("its certificates can't be used: {}", innermost(error));
        let remedy = "see that the key belongs to the certificate, and that the CA's file is whole";
        Self::new(base, TransportKind::File, &what, remedy)
    }

    pub(super) fn of(base: &Url, error: &reqwest::Error) -> Self {
        if let Some(error) = causes(error).find_map(tls_error) {
            return Self::of_tls(base, error);
        }
        let what = match error.is_timeout() {
            true => "it does not answer in time".to_owned(),
            false => innermost(error),
        };
        match error.is_connect() || error.is_builder() {
            true => Self::new(base, TransportKind::Unreachable, &what, NETWORK),
            false => Self::new(base, TransportKind::Cut, &what, NETWORK),
        }
    }

    fn of_tls(base: &Url, error: &rustls::Error) -> Self {
        let unproven =
            |what: &str, remedy: String| Self::new(base, TransportKind::Unproven, what, remedy);
        let host = match (base.host_str().unwrap_or_default(), base.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        match error {
            rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => unproven(
                "its certificate comes from no CA that is believed here",
                format!(
                    "name the CA's file as `ca` of [trust] in ~/.config/privyseal/config.toml, or put it into ~/.docker/tls/{host}/ as ca.crt (a registry's into /etc/docker/certs.d/{host}/). Otherwise somebody else may answer at this address"
                ),
            ),
            rustls::Error::InvalidCertificate(error) => unproven(
                &format!("its certificate is refused: {error}"),
                "ask whoever runs the server; compare this machine's clock, too".to_owned(),
            ),
            rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::AccessDenied
                | AlertDescription::HandshakeFailure,
            ) => unproven(
                "it asks for a certificate of yours, and takes none or not this one",
                format!(
                    "name certificate and key under [trust] in ~/.config/privyseal/config.toml, or put them into ~/.docker/tls/{host}/ as client.cert and client.key"
                ),
            ),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::new(
                base,
                TransportKind::NoTls,
                "no TLS is spoken there",
                "correct the server's address, its port above all",
            ),
            error => Self::new(
                base,
                TransportKind::Cut,
                &format!("TLS failed: {error}"),
                NETWORK,
            ),
        }
    }
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
}

/// The outer texts name the URL again; what went wrong stands innermost.
fn innermost(error: &reqwest::Error) -> String {
    let last = causes(error).last();
    last.map_or_else(String::new, ToString::to_string)
}

/// rustls puts its errors inside the system's, and those inside others of the system's.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = |error: &'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
        Some(inner)
    };
    let mut nested = std::iter::successors(Some(error), |&error| inner(error)).take(DEPTH);
    nested.find_map(|error| error.downcast_ref())
}
