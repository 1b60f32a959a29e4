//! Certificates, made for the day: an authority, what it issues, and what it revokes.
//!
//! All keys are on P-256. OpenSSL, rustls and the Go of Debian's notary accept them.

mod credential;
mod file;
mod leaf;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CrlIssuingDistributionPoint, DistinguishedName, DnType, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};

pub use credential::Credential;
pub use leaf::{Leaf, San};

use crate::sandbox::Sandbox;
use file::Access;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate authority with a directory of its own in the sandbox.
#[derive(Debug)]
pub struct Ca {
    directory: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    /// A new one, in the new directory `name` of the sandbox; its certificate is in `ca.pem` there.
    #[must_use]
    pub fn new(sandbox: &Sandbox, name: &str) -> Self {
        Self::of(sandbox, name, authority(name))
    }

    /// Another one of this name, in the new directory `directory`: its key is its own, as when a CA
    /// changes its key.
    #[must_use]
    pub fn namesake(sandbox: &Sandbox, directory: &str, name: &str) -> Self {
        Self::of(sandbox, directory, authority(name))
    }

    /// No CA: a client's certificate that it signed itself. It issues all the same, as whoever has
    /// its key can.
    #[must_use]
    pub fn pinned(sandbox: &Sandbox, name: &str) -> Self {
        let mut params = Leaf::client(&[]).params;
        params.distinguished_name = common_name(name);
        params.is_ca = IsCa::ExplicitNoCa;
        Self::of(sandbox, name, params)
    }

    /// A CA that may sign lists alone.
    #[must_use]
    pub fn without_key_cert_sign(sandbox: &Sandbox, name: &str) -> Self {
        let mut params = authority(name);
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
        Self::of(sandbox, name, params)
    }

    fn of(sandbox: &Sandbox, directory: &str, params: CertificateParams) -> Self {
        let directory = sandbox.directory(directory);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        file::replace(
            &directory.join("ca.pem"),
            &certificate.pem(),
            Access::Everyone,
        );
        let issuer = Issuer::new(params, key);
        Self { directory, issuer }
    }

    /// Its certificate, PEM.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// Its directory: what it issues stands there as `NAME.pem` and `NAME.key`.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A server's certificate and key, for these DNS names and IP addresses.
    #[must_use]
    pub fn server(&self, name: &str, hosts: &[&str]) -> Credential {
        self.issue(name, Leaf::server(hosts))
    }

    /// A client's certificate and key.
    #[must_use]
    pub fn client(&self, name: &str, names: &[San<'_>]) -> Credential {
        self.issue(name, Leaf::client(names))
    }

    /// Whatever else is wanted. A name that was issued before is replaced, the key's file first.
    #[must_use]
    pub fn issue(&self, name: &str, leaf: Leaf) -> Credential {
        Credential::issue(&self.directory, name, leaf, &self.issuer)
    }

    /// Writes the list of these revoked certificates (PEM) to the file `name` of its directory,
    /// in place of the one before.
    pub fn crl(&self, name: &str, revoked: &[&Credential]) -> PathBuf {
        self.list(name, revoked, None)
    }

    /// As [`Self::crl`], and the list says that it is for those only whose certificates name this
    /// URI as their list.
    pub fn part_of_crl(&self, name: &str, revoked: &[&Credential], uri: &str) -> PathBuf {
        let distribution_point = CrlDistributionPoint {
            uris: vec![uri.to_owned()],
        };
        let part = CrlIssuingDistributionPoint {
            distribution_point,
            scope: None,
        };
        self.list(name, revoked, Some(part))
    }

    fn list(
        &self,
        name: &str,
        revoked: &[&Credential],
        part: Option<CrlIssuingDistributionPoint>,
    ) -> PathBuf {
        let now = SystemTime::now();
        let revoked = revoked.iter().map(|credential| RevokedCertParams {
            serial_number: credential.serial(),
            revocation_time: now.into(),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: now.into(),
            next_update: (now + DAY).into(),
            crl_number: serial(),
            issuing_distribution_point: part,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).unwrap().pem().unwrap();
        let path = self.directory.join(name);
        file::replace(&path, &list, Access::Everyone);
        path
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(serial());
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + 365 * DAY).into();
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

/// 127 random bits: positive, and sixteen bytes long.
fn serial() -> SerialNumber {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}

#[cfg(test)]
mod tests;
