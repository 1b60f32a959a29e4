//! Who may connect: whoever a CA of callers issued a certificate, and none of whose chain is revoked.
//!
//! A CA that changes its key keeps its name, and for a while both keys have lists. rustls looks at
//! the first list of a name only. So each key of a name gets a verifier of its own, which has the
//! lists of that key before all others; a caller is in where one of them says so, and since a list
//! holds only for chains of the key that signed it, nobody gets in by the wrong one.

use std::{cmp::Reverse, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, UnixTime},
    server::{
        VerifierBuilderError, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{
    TlsError,
    authority::Authority,
    material::{certificates, has_expired},
    revocation,
};
use crate::config::ListenSection;

/// Reads the CAs and lists of a section.
///
/// # Errors
/// The file that can't be used, and why.
pub(super) fn load(
    section: &ListenSection,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let path = &section.client_ca;
    let mut authorities = Vec::new();
    for certificate in certificates(path)? {
        if has_expired(&certificate) {
            let path = path.display();
            tracing::warn!("a CA in {path} has expired, and is trusted until it is taken out");
        }
        authorities.push(Authority::read(path, certificate)?);
    }
    let bad = |error: &dyn ToString| TlsError::Certificates(path.clone(), error.to_string());
    let mut lists = Vec::new();
    let everybody = roots(authorities.iter()).map_err(|error| bad(&error))?;
    for path in &section.crl {
        for list in revocation::read(path)? {
            // Alone first, so that an error names its file.
            let alone = build(&everybody, provider, [&list].into_iter());
            alone.map_err(|error| TlsError::Revocations(path.clone(), error.to_string()))?;
            lists.push(list);
        }
    }
    let generations = generations(&authorities);
    let verifier = |generation: &Vec<&Authority>| {
        let roots = roots(generation.iter().copied()).map_err(|error| bad(&error))?;
        let algorithms = provider.signature_verification_algorithms.all;
        let its_own = |list: &revocation::List| {
            let mut namesakes = generation.iter().filter(|one| one.name == list.issuer);
            namesakes.any(|authority| list.is_signed_by(&authority.key, algorithms))
        };
        // All of them to each: where its own is missing, callers are refused and not unlisted. And
        // an old one must not hide a new one.
        let mut sorted: Vec<_> = lists.iter().collect();
        sorted.sort_by_cached_key(|list| (!its_own(list), Reverse(list.made)));
        build(&roots, provider, sorted.into_iter()).map_err(|error| bad(&error))
    };
    let mut verifiers = generations.iter().map(verifier);
    let nobody = || bad(&VerifierBuilderError::NoRootAnchors);
    let first = verifiers.next().ok_or_else(nobody)??;
    let others: Vec<_> = verifiers.collect::<Result<_, _>>()?;
    Ok(match others.is_empty() {
        true => first,
        false => Arc::new(Verifiers { first, others }),
    })
}

/// The first key of each name, then the second of those that have two, and so on.
fn generations(authorities: &[Authority]) -> Vec<Vec<&Authority>> {
    let mut generations: Vec<Vec<&Authority>> = Vec::new();
    for authority in authorities {
        let other_key =
            |other: &&Authority| other.name == authority.name && other.key != authority.key;
        let place = generations
            .iter_mut()
            .find(|generation| !generation.iter().any(other_key));
        match place {
            Some(generation) => generation.push(authority),
            None => generations.push(vec![authority]),
        }
    }
    generations
}

fn roots<'a>(
    authorities: impl Iterator<Item = &'a Authority>,
) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.certificate.clone())?;
    }
    Ok(Arc::new(roots))
}

fn build<'a>(
    roots: &Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
    lists: impl Iterator<Item = &'a revocation::List>,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider));
    builder
        .enforce_revocation_expiration()
        .with_crls(lists.map(|list| list.der.clone()))
        .build()
}

/// Several, of which one must agree. The first has a CA of every name.
#[derive(Debug)]
struct Verifiers {
    first: Arc<dyn ClientCertVerifier>,
    others: Vec<Arc<dyn ClientCertVerifier>>,
}

impl ClientCertVerifier for Verifiers {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.first.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let mut verified = self.first.verify_client_cert(leaf, others, now);
        for verifier in &self.others {
            // Of all refusals the one of the CA that issued it says most.
            match &verified {
                Ok(_) => return verified,
                Err(Error::InvalidCertificate(
                    CertificateError::UnknownIssuer | CertificateError::BadSignature,
                )) => verified = verifier.verify_client_cert(leaf, others, now),
                Err(_) => {
                    if let Ok(trusted) = verifier.verify_client_cert(leaf, others, now) {
                        return Ok(trusted);
                    }
                }
            }
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.first.verify_tls12_signature(message, leaf, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.first.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.first.supported_verify_schemes()
    }
}
