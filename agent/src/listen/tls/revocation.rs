//! Certificate revocation lists (RFC 5280, section 5).
//!
//! Only whole lists: rustls looks at one list of a CA and trusts whoever is not on it. Lists for some
//! of a CA's certificates, and those that only say what changed, are refused.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use rustls::pki_types::{
    CertificateRevocationListDer, SignatureVerificationAlgorithm, pem::PemObject,
};
use x509_cert::{
    crl::{CertificateList, TbsCertList},
    der::{self, Decode, Encode, Reader, SliceReader, asn1::AnyRef, oid::ObjectIdentifier},
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
};

use super::TlsError;
use crate::file::{self, Readers};

/// The longest file of lists, in bytes.
const LISTS: usize = 16 << 20;

/// A list, and what is to be known of it.
pub(super) struct List {
    pub(super) der: CertificateRevocationListDer<'static>,
    /// Its issuer's name, DER.
    pub(super) issuer: Vec<u8>,
    /// Since the epoch.
    pub(super) made: Duration,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
}

/// The lists of a file: PEM with any number of them, or one in DER.
///
/// # Errors
/// Where there is none in it, or it can't be read, or is no whole list.
pub(super) fn read(path: &Path) -> Result<Vec<List>, TlsError> {
    let bad = |why: String| TlsError::Revocations(path.to_owned(), why);
    let content = file::read(path, Readers::Everybody, LISTS)?;
    let pem = content.windows(PEM.len()).any(|window| window == PEM);
    let ders = match pem {
        false => vec![CertificateRevocationListDer::from(content.to_vec())],
        true => {
            let lists = CertificateRevocationListDer::pem_slice_iter(&content);
            let lists: Result<Vec<_>, _> = lists.collect();
            lists.map_err(|error| bad(error.to_string()))?
        }
    };
    if ders.is_empty() {
        return Err(bad("it holds no X509 CRL".to_owned()));
    }
    let read = |der| List::read(path, der);
    ders.into_iter().map(read).collect()
}

const PEM: &[u8] = b"-----BEGIN ";

impl List {
    fn read(path: &Path, der: CertificateRevocationListDer<'static>) -> Result<Self, TlsError> {
        let bad = |error: der::Error| TlsError::Revocations(path.to_owned(), error.to_string());
        let list = CertificateList::from_der(&der).map_err(bad)?;
        let said: TbsCertList = list.tbs_cert_list;
        if let Some(why) = part(&said) {
            return Err(TlsError::PartOfList {
                path: path.to_owned(),
                issuer: said.issuer.to_string().escape_debug().to_string(),
                why,
            });
        }
        let next = said.next_update;
        if next.is_some_and(|next| next.to_system_time() <= SystemTime::now()) {
            tracing::warn!(
                "the list in {} is past its next update: callers of its CA are refused until there \
                 is a newer one",
                path.display()
            );
        }
        Ok(Self {
            issuer: said.issuer.to_der().map_err(bad)?,
            made: said.this_update.to_unix_duration(),
            algorithm: list.signature_algorithm,
            signature: list.signature.raw_bytes().to_vec(),
            der,
        })
    }

    /// Did this key sign it?
    pub(super) fn is_signed_by(
        &self,
        key: &SubjectPublicKeyInfoOwned,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> bool {
        let verify = || {
            let (signing, of_key) = (value(&self.algorithm)?, value(&key.algorithm)?);
            let signed = signed(&self.der)?;
            let verified = algorithms.iter().any(|algorithm| {
                let key = key.subject_public_key.raw_bytes();
                algorithm.signature_alg_id().as_ref() == signing
                    && algorithm.public_key_alg_id().as_ref() == of_key
                    && algorithm
                        .verify_signature(key, signed, &self.signature)
                        .is_ok()
            });
            Ok::<_, der::Error>(verified)
        };
        verify().unwrap_or(false)
    }
}

/// Why it is not the whole list of its CA, where it isn't.
fn part(list: &TbsCertList) -> Option<&'static str> {
    let mut extensions = list.crl_extensions.iter().flatten();
    extensions.find_map(|extension| {
        // Whatever stands in it says which certificates, or whose, the list is for.
        let narrow = extension.extn_value.as_bytes() != EMPTY;
        match extension.extn_id {
            DELTA => Some("deltaCRLIndicator"),
            DISTRIBUTION_POINT if narrow => Some("issuingDistributionPoint"),
            _ => None,
        }
    })
}

/// RFC 5280, section 5.2.4.
const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");

/// RFC 5280, section 5.2.5. x509-cert's own constant for it is another extension's.
const DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

/// A SEQUENCE of nothing, DER.
const EMPTY: &[u8] = &[0x30, 0];

/// The list as it was signed: the first of its three parts.
fn signed(list: &[u8]) -> der::Result<&[u8]> {
    SliceReader::new(AnyRef::from_der(list)?.value())?.tlv_bytes()
}

/// Without its tag and length, as rustls has it.
fn value(algorithm: &AlgorithmIdentifierOwned) -> der::Result<Vec<u8>> {
    let der = algorithm.to_der()?;
    Ok(AnyRef::from_der(&der)?.value().to_vec())
}

#[cfg(test)]
mod tests;
