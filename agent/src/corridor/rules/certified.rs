//! Root certificates of Docker Content Trust: whom they name, and when they hold.

use privyseal_tuf::{Key, KeyId, RoleType, Root, notary::Certificate};

use crate::{
    denial::{Denial, Reason},
    memory::RootFacts,
};

/// Clients of notary trust a root key by its certificate alone. One that they refuse must not be
/// introduced, and one that has expired not be listed again; what else the world wrote before is
/// kept.
pub(super) fn holds(
    repository: &str,
    before: Option<&RootFacts>,
    root: &Root,
    now: i64,
) -> Result<(), Denial> {
    for keyid in &root.roles.root.keyids {
        let Some(key) = root.keys.get(keyid) else {
            continue;
        };
        let mut kept = before
            .into_iter()
            .flat_map(|root| root.keys_of(RoleType::Root));
        if !kept.any(|(before, _)| before == keyid) {
            is_fit(repository, keyid, key)?;
        }
        if let Some(certificate) = key.certificate() {
            is_in_date(keyid, certificate, now)?;
        }
    }
    Ok(())
}

fn is_fit(repository: &str, keyid: &KeyId, key: &Key) -> Result<(), Denial> {
    let refused = |reason, message: String| Err(Denial::new(reason, message));
    let Some(certificate) = key.certificate() else {
        return refused(
            Reason::RootNeedsCertificate,
            format!("root key {keyid} is listed without a certificate"),
        );
    };
    if !certificate.names(repository) {
        let message = format!(
            "certificate {keyid} has the common name {:?}, and the repository is {}",
            certificate.common_name,
            repository.escape_debug()
        );
        return refused(Reason::RootCertificateName, message);
    }
    let unfit = match certificate {
        Certificate { is_ca: true, .. } => "is a certificate authority's",
        Certificate {
            has_other_leaf: true,
            ..
        } => "comes with another one that is no certificate authority's",
        Certificate { is_weak: true, .. } => "is signed over SHA-1 or MD5",
        _ => return Ok(()),
    };
    refused(
        Reason::RootCertificateUnfit,
        format!("certificate {keyid} {unfit}"),
    )
}

fn is_in_date(keyid: &KeyId, certificate: &Certificate, now: i64) -> Result<(), Denial> {
    let message = if now < certificate.not_before {
        format!(
            "certificate {keyid} of the root role holds from {} on, and it is {now} (unix time)",
            certificate.not_before
        )
    } else if now >= certificate.not_after {
        format!(
            "certificate {keyid} of the root role held until {}, and it is {now} (unix time)",
            certificate.not_after
        )
    } else {
        return Ok(());
    };
    Err(Denial::new(Reason::RootCertificateDate, message))
}
