//! Root certificates that a pinned certificate authority issued.
//!
//! Paths are built and verified by webpki, with time, basic constraints and path lengths. Of the
//! extended key usage one thing is asked: that it is absent, or allows code signing, servers, or
//! anything. notary asks for servers only, and so refuses the certificates that it makes itself.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use privyseal_tuf::KeyId;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage};
use webpki::{RequiredEkuNotFoundContext, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::BasicConstraints;

use super::Candidate;
use super::error::Mismatch;

/// Why no root certificate is one of a pinned CA.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaProblem {
    /// The file can't be read.
    #[error("cannot read the pinned CA {path}: {what}")]
    Read {
        /// The file.
        path: String,
        /// The system's answer, or what is wrong with the content.
        what: String,
    },
    /// None of its certificates is a CA's, now.
    #[error(
        "{path} has no certificate of a CA that is valid now ({what}): a certificate that is no CA's is pinned in certs"
    )]
    NoCa {
        /// The file.
        path: String,
        /// What is wrong with the last of them.
        what: &'static str,
    },
    /// The certificates are not from there.
    #[error("no valid root certificate of it was issued by the CA in {path}: {what}")]
    NotIssued {
        /// The file.
        path: String,
        /// What is wrong with the last certificate.
        what: String,
    },
}

/// The longest file of CAs, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The candidates that a CA of this file issued; `now` is unix time in seconds.
pub(super) fn issued(
    path: &Path,
    candidates: &[Candidate],
    now: i64,
) -> Result<BTreeSet<KeyId>, Mismatch> {
    let shown = path.display().to_string();
    let unreadable = |what: String| CaProblem::Read {
        path: shown.clone(),
        what,
    };
    let pem = read(path).map_err(|e| unreadable(e.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|e| unreadable(e.to_string()))?;

    let mut anchors = Vec::new();
    let mut problem = "there is none";
    for certificate in &certificates {
        match anchor(certificate, now) {
            Ok(anchor) => anchors.push(anchor),
            Err(what) => problem = what,
        }
    }
    if anchors.is_empty() {
        let (path, what) = (shown, problem);
        return Err(CaProblem::NoCa { path, what }.into());
    }

    let mut keys = BTreeSet::new();
    let mut problem = "it has none".to_owned();
    for candidate in candidates {
        match verify(&candidate.chain, &anchors, now) {
            Ok(()) => drop(keys.insert(candidate.certificate.clone())),
            Err(error) => problem = format!("{error:?}"),
        }
    }
    if keys.is_empty() {
        let (path, what) = (shown, problem);
        return Err(CaProblem::NotIssued { path, what }.into());
    }
    Ok(keys)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other("the file is longer than 1 MiB"));
    }
    Ok(bytes)
}

/// A certificate as what paths may end in. What webpki does not ask of it is asked here.
fn anchor<'a>(
    certificate: &'a CertificateDer<'_>,
    now: i64,
) -> Result<TrustAnchor<'a>, &'static str> {
    let parsed = Certificate::from_der(certificate).map_err(|_| "it is no X.509 certificate")?;
    let tbs = parsed.tbs_certificate();
    let constraints = tbs.get_extension::<BasicConstraints>();
    if !constraints.is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca)) {
        return Err("it is no CA's");
    }
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration();
    let now = Duration::from_secs(u64::try_from(now).unwrap_or_default());
    if now < seconds(tbs.validity().not_before) || now > seconds(tbs.validity().not_after) {
        return Err("it is expired, or not valid yet");
    }
    anchor_from_trusted_cert(certificate).map_err(|_| "it can't be used")
}

fn verify(chain: &[Vec<u8>], anchors: &[TrustAnchor<'_>], now: i64) -> Result<(), webpki::Error> {
    let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| der.as_slice().into()).collect();
    let Some((leaf, intermediates)) = chain.split_first() else {
        return Err(webpki::Error::UnknownIssuer);
    };
    let now = Duration::from_secs(u64::try_from(now).unwrap_or_default());
    EndEntityCert::try_from(leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            anchors,
            intermediates,
            UnixTime::since_unix_epoch(now),
            RootUsage,
            None,
            None,
        )
        .map(drop)
}

struct RootUsage;

/// serverAuth, codeSigning (RFC 5280, section 4.2.1.12) and anyExtendedKeyUsage.
const ALLOWED: [&[usize]; 3] = [
    &[1, 3, 6, 1, 5, 5, 7, 3, 1],
    &[1, 3, 6, 1, 5, 5, 7, 3, 3],
    &[2, 5, 29, 37, 0],
];

/// The same of code signing in DER, for messages.
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];

impl ExtendedKeyUsageValidator for RootUsage {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let present: Result<Vec<_>, _> = usages.map(|it| Ok(it?.to_decoded_oid())).collect();
        let present = present?;
        let allowed = |usage: &Vec<usize>| ALLOWED.contains(&usage.as_slice());
        if present.is_empty() || present.iter().any(allowed) {
            return Ok(());
        }
        let required = KeyUsage::required(CODE_SIGNING);
        let context = RequiredEkuNotFoundContext { required, present };
        Err(webpki::Error::RequiredEkuNotFoundContext(context))
    }
}
