//! Certificate revocation lists (RFC 5280, section 5).

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use rustls::pki_types::{CertificateRevocationListDer, pem::PemObject};
use x509_cert::{crl::CertificateList, der::Decode};

use super::TlsError;
use crate::file::{self, Readers};

/// The longest file of lists, in bytes.
const LISTS: usize = 16 << 20;

/// A list, and when it was made.
pub(super) struct List {
    pub(super) der: CertificateRevocationListDer<'static>,
    made: Duration,
}

/// The lists of a file: PEM with any number of them, or one in DER.
///
/// # Errors
/// Where there is none in it, or it can't be read.
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
    let read = |der: CertificateRevocationListDer<'static>| {
        let list: CertificateList =
            CertificateList::from_der(&der).map_err(|error| bad(error.to_string()))?;
        let (made, next) = (
            list.tbs_cert_list.this_update,
            list.tbs_cert_list.next_update,
        );
        if next.is_some_and(|next| next.to_system_time() <= SystemTime::now()) {
            tracing::warn!(
                "the list in {} is past its next update: callers of its CA are refused until there \
                 is a newer one",
                path.display()
            );
        }
        let made = made.to_unix_duration();
        Ok(List { der, made })
    };
    ders.into_iter().map(read).collect()
}

const PEM: &[u8] = b"-----BEGIN ";

/// Of several lists of one CA the first is looked at, so an old one must not hide a new one.
pub(super) fn newest_first(mut lists: Vec<List>) -> Vec<CertificateRevocationListDer<'static>> {
    lists.sort_by_key(|list| std::cmp::Reverse(list.made));
    lists.into_iter().map(|list| list.der).collect()
}
