use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::connector::NoAgent;
use super::files::TlsFiles;
use crate::show::absolute;

/// What happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::agent) struct Explained {
    pub(in crate::agent) message: String,
    pub(in crate::agent) remedy: String,
}

impl Explained {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

const ADDRESS: &str = "correct host and port (the [[listen]] entries of the agent's config say where it listens), or start the agent";
const IMPOSTOR: &str = "Otherwise somebody else may answer at this address: ask whoever runs the agent before you go on";
/// Of the names in a certificate.
const NAMES_SHOWN: usize = 5;

/// Explains why an agent that listens with TLS could not be spoken to; none where neither TLS nor
/// the network is the reason.
pub(in crate::agent) fn explain(
    error: &(dyn Error + 'static),
    files: &TlsFiles,
) -> Option<Explained> {
    let chain = || std::iter::successors(Some(error), |&error| error.source());
    if let Some(error) = chain().find_map(tls_error) {
        return Some(of_tls(error, files));
    }
    if let Some(error) = chain().find_map(|error| error.downcast_ref::<NoAgent>()) {
        return Some(of_silence(*error));
    }
    let error = chain().find_map(|error| error.downcast_ref::<io::Error>())?;
    Some(of_network(error))
}

/// rustls puts its errors inside the system's.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    let inner = inner.and_then(|inner| inner.downcast_ref());
    error.downcast_ref().or(inner)
}

fn of_network(error: &io::Error) -> Explained {
    let message = match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            return Explained::new(
                "the connection was closed during the TLS handshake; perhaps no TLS is spoken there",
                format!("{ADDRESS}; if it is the agent, its log says why"),
            );
        }
        _ => error.to_string(),
    };
    Explained::new(message, ADDRESS)
}

fn of_silence(error: NoAgent) -> Explained {
    let remedy = match error {
        NoAgent::NoAnswer => "check host and port, and whether a firewall stands between",
        NoAgent::NoHandshake | NoAgent::NoHttp2 => ADDRESS,
        NoAgent::Closed => {
            "see the agent's log: it may have as many connections as its [limits] allow"
        }
    };
    Explained::new(error.to_string(), remedy)
}

fn of_tls(error: &rustls::Error, files: &TlsFiles) -> Explained {
    match error {
        rustls::Error::InvalidCertificate(error) => of_its_certificate(error, files),
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        | rustls::Error::NoApplicationProtocol => of_silence(NoAgent::NoHttp2),
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
        )
        | rustls::Error::PeerIncompatible(_) => {
            Explained::new(format!("no TLS 1.3 is spoken there ({error})"), ADDRESS)
        }
        rustls::Error::AlertReceived(alert) => of_our_certificate(*alert, files),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Explained::new("no TLS is spoken there", ADDRESS)
        }
        error => Explained::new(format!("TLS failed: {error}"), ADDRESS),
    }
}

/// We refused the agent's certificate.
fn of_its_certificate(error: &CertificateError, files: &TlsFiles) -> Explained {
    let ca = path(files.ca.as_ref());
    let clock = "; compare this machine's clock, too";
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Explained::new(
            format!("its certificate does not come from the CA in {ca}"),
            format!(
                "if the agent has its certificate from another CA, name that one's file as `ca`. {IMPOSTOR}"
            ),
        ),
        CertificateError::ExpiredContext { not_after, .. } => Explained::new(
            format!("its certificate expired at {}", time(not_after.as_secs())),
            format!(
                "whoever runs the agent must renew it; the agent takes new files by itself{clock}"
            ),
        ),
        CertificateError::NotValidYetContext { not_before, .. } => Explained::new(
            format!(
                "its certificate is valid only from {}",
                time(not_before.as_secs())
            ),
            format!("whoever runs the agent must give it another one{clock}"),
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => Explained::new(
            format!(
                "its certificate is not for {} but for {}",
                expected.to_str(),
                names(presented)
            ),
            format!(
                "write the host in the address as the certificate has it; where that can't be, give the certificate's name as `server_name`. {IMPOSTOR}"
            ),
        ),
        CertificateError::InvalidPurposeContext { .. } => Explained::new(
            "its certificate is not one for servers",
            "whoever runs the agent needs a certificate with the extended key usage serverAuth",
        ),
        error => Explained::new(
            format!("its certificate can't be accepted: {error}"),
            format!("whoever runs the agent must give it another one. {IMPOSTOR}"),
        ),
    }
}

/// The agent refused ours.
fn of_our_certificate(alert: AlertDescription, files: &TlsFiles) -> Explained {
    let ours = path(
        files
            .identity
            .as_ref()
            .map(|identity| &identity.certificate),
    );
    let renew = "get a new certificate from the CA that issued it";
    let (why, remedy) = match alert {
        AlertDescription::CertificateExpired => ("it expired, or is not valid yet", renew),
        AlertDescription::CertificateRevoked => (
            "it is revoked",
            "get a new certificate, for a new key; whoever revoked it knows why",
        ),
        // A signature that is wrong: the CA's, where another CA has the same name.
        AlertDescription::UnknownCA | AlertDescription::DecryptError => (
            "it comes from no CA that the agent accepts",
            "name the certificate that was made for this agent, or have its CA added to the file `client_ca` of the agent's [[listen]]",
        ),
        AlertDescription::UnsupportedCertificate | AlertDescription::BadCertificate => (
            "the agent can't accept it",
            "see the agent's log; it must be one for clients (extended key usage clientAuth)",
        ),
        AlertDescription::CertificateRequired => (
            "the agent did not get it",
            "update this client, or see the agent's log",
        ),
        alert => {
            return Explained::new(
                format!("it ended the TLS handshake with the alert {alert:?}"),
                "see the agent's log",
            );
        }
    };
    Explained::new(format!("it refused your certificate {ours}: {why}"), remedy)
}

fn path(path: Option<&std::path::PathBuf>) -> String {
    path.map_or_else(String::new, |path| path.display().to_string())
}

fn time(seconds: u64) -> String {
    absolute(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// rustls tells them as `DnsName("localhost")` and `IpAddress(127.0.0.1)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name
            .split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        inner.unwrap_or(name).trim_matches('"').to_owned()
    };
    let shown: Vec<String> = presented.iter().take(NAMES_SHOWN).map(bare).collect();
    match presented.len().saturating_sub(NAMES_SHOWN) {
        _ if shown.is_empty() => "nobody".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_certificate_are_shown_bare_and_few() {
        let told = |names: &[&str]| {
            let told: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            super::names(&told)
        };
        assert_eq!(told(&[]), "nobody");
        assert_eq!(
            told(&["DnsName(\"*.test\")", "IpAddress(::1)", "other"]),
            "*.test, ::1, other"
        );
        assert_eq!(told(&["a"; 7]), "a, a, a, a, a and 2 more");
    }

    #[test]
    fn errors_inside_the_systems_are_found() {
        let inner = rustls::Error::AlertReceived(AlertDescription::CertificateRevoked);
        let error = io::Error::new(io::ErrorKind::InvalidData, inner);
        let explained = explain(&error, &TlsFiles::default()).unwrap();
        assert!(explained.message.contains("revoked"), "{explained:?}");
    }
}
