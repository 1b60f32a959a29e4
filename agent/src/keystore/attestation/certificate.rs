//! A certificate of a chain, as far as attestation needs it (RFC 5280).

use x509_cert::{
    Certificate as X509, Version,
    der::{
        Decode, Reader, SliceReader,
        asn1::{AnyRef, ObjectIdentifier},
    },
    ext::{
        Extension,
        pkix::{BasicConstraints, KeyUsage},
    },
    name::Name,
};

use super::{AttestationError, chain::MAX_BYTES, signature};

/// id-ce-basicConstraints (RFC 5280, section 4.2.1.9).
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
/// id-ce-keyUsage (RFC 5280, section 4.2.1.3).
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// A certificate that was read. Nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// What is signed, as it was received: encoding it anew could change it.
    tbs: Vec<u8>,
    der: Vec<u8>,
    read: X509,
}

impl Certificate {
    /// Reads DER; `index` is its place among others, for the error.
    pub(super) fn read(der: &[u8], index: usize) -> Result<Self, AttestationError> {
        if der.len() > MAX_BYTES {
            return Err(AttestationError::TooLarge { bytes: der.len() });
        }
        let bad = |error: x509_cert::der::Error| AttestationError::Unreadable {
            number: index + 1,
            why: error.to_string(),
        };
        let read = X509::from_der(der).map_err(bad)?;
        let body = AnyRef::from_der(der).map_err(bad)?.value();
        let mut body = SliceReader::new(body).map_err(bad)?;
        let tbs = body.tlv_bytes().map_err(bad)?.to_vec();
        let der = der.to_vec();
        Ok(Self { tbs, der, read })
    }

    /// All of it, as it was received.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn subject(&self) -> &Name {
        self.read.tbs_certificate().subject()
    }

    pub(super) fn issuer(&self) -> &Name {
        self.read.tbs_certificate().issuer()
    }

    /// Its subject for an error: names are whoever's word, and errors are read on terminals.
    pub(super) fn name(&self) -> String {
        readable(self.subject())
    }

    pub(super) fn issuer_name(&self) -> String {
        readable(self.issuer())
    }

    /// The DER SubjectPublicKeyInfo.
    pub(super) fn spki(&self) -> &x509_cert::SubjectPublicKeyInfo {
        self.read.tbs_certificate().subject_public_key_info()
    }

    pub(super) fn extensions(&self) -> &[Extension] {
        let extensions = self.read.tbs_certificate().extensions();
        extensions.map(Vec::as_slice).unwrap_or_default()
    }

    /// What follows the tag and length of an extension's OCTET STRING.
    pub(super) fn extension(&self, oid: ObjectIdentifier) -> Option<&[u8]> {
        let found = self.extensions().iter().find(|ext| ext.extn_id == oid);
        found.map(|extension| extension.extn_value.as_bytes())
    }

    /// The leaf issues nothing. A YubiKey writes no BasicConstraints into it at all.
    pub(super) fn check_leaf(&self) -> Result<(), AttestationError> {
        self.check_form()?;
        match self.constraints()? {
            Some(constraints) if constraints.ca => Err(AttestationError::LeafIsCa),
            _ => Ok(()),
        }
    }

    /// May it issue certificates, with `below` others between those and the leaf? F9's certificate
    /// has `CA:TRUE, pathlen:0` and no KeyUsage; Yubico's CAs have both extensions. A path of no
    /// certificates that issued themselves is all that is counted here, so each counts.
    pub(super) fn check_issuer(&self, below: usize) -> Result<(), AttestationError> {
        self.check_form()?;
        let not = |lacks| AttestationError::NoCa {
            name: self.name(),
            lacks,
        };
        let Some(constraints) = self.constraints()?.filter(|found| found.ca) else {
            return Err(not("basicConstraints CA:TRUE"));
        };
        if let Some(most) = constraints.path_len_constraint
            && below > usize::from(most)
        {
            return Err(AttestationError::PathTooLong {
                name: self.name(),
                most,
                below,
            });
        }
        let usage = self.read.tbs_certificate().get_extension::<KeyUsage>();
        match usage.map_err(|error| self.malformed(KEY_USAGE, &error))? {
            Some((_, usage)) if !usage.key_cert_sign() => Err(not("keyCertSign in its keyUsage")),
            _ => Ok(()),
        }
    }

    /// Was `self` signed with the key of `issuer`?
    pub(super) fn check_signed_by(&self, issuer: &Self) -> Result<(), AttestationError> {
        let algorithm = self.read.signature_algorithm();
        let agrees = algorithm == self.read.tbs_certificate().signature();
        let signature = self.read.signature().as_bytes();
        match signature::scheme(issuer.spki(), algorithm) {
            None => Err(AttestationError::SignatureAlgorithm {
                name: self.name(),
                oid: algorithm.oid.to_string(),
            }),
            Some(scheme)
                if agrees
                    && signature
                        .is_some_and(|bytes| scheme.verifies(issuer.spki(), &self.tbs, bytes)) =>
            {
                Ok(())
            }
            Some(_) => Err(AttestationError::Signature {
                name: self.name(),
                issuer: issuer.name(),
            }),
        }
    }

    fn constraints(&self) -> Result<Option<BasicConstraints>, AttestationError> {
        let found = self
            .read
            .tbs_certificate()
            .get_extension::<BasicConstraints>();
        let found = found.map_err(|error| self.malformed(BASIC_CONSTRAINTS, &error))?;
        Ok(found.map(|(_, constraints)| constraints))
    }

    /// X.509 v3, no extension twice, and none that is critical and not understood here (RFC 5280,
    /// section 4.2). No YubiKey marks one of Yubico's own as critical.
    fn check_form(&self) -> Result<(), AttestationError> {
        let name = || self.name();
        if self.read.tbs_certificate().version() != Version::V3 {
            return Err(AttestationError::NotVersion3 { name: name() });
        }
        let mut seen = Vec::new();
        for extension in self.extensions() {
            let oid = extension.extn_id;
            if seen.contains(&oid) {
                return Err(AttestationError::ExtensionTwice {
                    name: name(),
                    oid: oid.to_string(),
                });
            }
            if extension.critical && ![BASIC_CONSTRAINTS, KEY_USAGE].contains(&oid) {
                return Err(AttestationError::CriticalExtension {
                    name: name(),
                    oid: oid.to_string(),
                });
            }
            seen.push(oid);
        }
        Ok(())
    }

    fn malformed(&self, oid: ObjectIdentifier, error: &x509_cert::der::Error) -> AttestationError {
        AttestationError::Extension {
            what: format!("extension {oid} of {}", self.name()),
            why: error.to_string(),
        }
    }
}

fn readable(name: &Name) -> String {
    name.to_string().escape_debug().to_string()
}
