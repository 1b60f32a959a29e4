//! What a certificate that is no authority's is to say.

use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType};

use super::DAY;

/// A subject alternative name of a client.
#[derive(Debug, Clone, Copy)]
pub enum San<'a> {
    /// A DNS name.
    Dns(&'a str),
    /// An e-mail address.
    Email(&'a str),
    /// A URI.
    Uri(&'a str),
}

/// A certificate to be issued: valid from an hour ago for thirty days, where nothing else is said.
#[derive(Debug, Clone)]
pub struct Leaf {
    pub(super) params: CertificateParams,
}

impl Leaf {
    /// A server's, with these DNS names and IP addresses.
    #[must_use]
    pub fn server(hosts: &[&str]) -> Self {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let params = CertificateParams::new(hosts).unwrap();
        Self::with_usage(params, &[ExtendedKeyUsagePurpose::ServerAuth])
    }

    /// A client's, with these names.
    #[must_use]
    pub fn client(names: &[San<'_>]) -> Self {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names.iter().map(|name| name.to_rcgen()).collect();
        Self::with_usage(params, &[ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A server that is a client of others too, as notary-server is of its signer.
    #[must_use]
    pub fn server_and_client(hosts: &[&str]) -> Self {
        let mut leaf = Self::server(hosts);
        let usages = &mut leaf.params.extended_key_usages;
        usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        leaf
    }

    /// Valid until an hour ago.
    #[must_use]
    pub fn expired(mut self) -> Self {
        let now = SystemTime::now();
        self.params.not_before = (now - DAY).into();
        self.params.not_after = (now - DAY / 24).into();
        self
    }

    /// Valid from an hour ago until so long from now; certificates know whole seconds, and this
    /// is rounded down.
    #[must_use]
    pub fn expires_in(mut self, left: Duration) -> Self {
        self.params.not_after = (SystemTime::now() + left).into();
        self
    }

    /// Valid from an hour from now.
    #[must_use]
    pub fn not_yet_valid(mut self) -> Self {
        self.params.not_before = (SystemTime::now() + DAY / 24).into();
        self
    }

    fn with_usage(mut params: CertificateParams, usages: &[ExtendedKeyUsagePurpose]) -> Self {
        let now = SystemTime::now();
        params.not_before = (now - DAY / 24).into();
        params.not_after = (now + 30 * DAY).into();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = usages.to_vec();
        params.use_authority_key_identifier_extension = true;
        Self { params }
    }
}

impl San<'_> {
    fn to_rcgen(self) -> SanType {
        match self {
            Self::Dns(name) => SanType::DnsName(name.try_into().unwrap()),
            Self::Email(address) => SanType::Rfc822Name(address.try_into().unwrap()),
            Self::Uri(uri) => SanType::URI(uri.try_into().unwrap()),
        }
    }
}
