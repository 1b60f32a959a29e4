//! Why an attestation proves nothing.

/// Why an attestation was refused. The text says what is wrong, [`remedy`](Self::remedy) what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// No certificate at all.
    #[error("there is no certificate in it")]
    Empty,
    /// More certificates than any chain has.
    #[error("there are more than {most} certificates in it: {count} or more")]
    TooMany {
        /// How many were seen.
        count: usize,
        /// How many are taken.
        most: usize,
    },
    /// A certificate that is too large.
    #[error("a certificate in it has {bytes} bytes: those of attestations have 4096 at most")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not PEM.
    #[error("it is not PEM: {0}")]
    Pem(String),
    /// Not a certificate.
    #[error("certificate {number} of it can't be read: {why}")]
    Unreadable {
        /// Its place, counted from 1.
        number: usize,
        /// What is wrong.
        why: String,
    },
    /// The first certificate is not an attestation.
    #[error(
        "{name} is not an attestation: its subject is no \"YubiKey PIV Attestation\" of a slot"
    )]
    NoAttestation {
        /// Its subject.
        name: String,
    },
    /// The attestation calls itself a CA.
    #[error("the attestation is the certificate of a CA, which no YubiKey writes")]
    LeafIsCa,
    /// Not X.509 v3.
    #[error("{name} is no X.509 v3 certificate")]
    NotVersion3 {
        /// Its subject.
        name: String,
    },
    /// An extension stands twice in a certificate.
    #[error("{name} has extension {oid} twice")]
    ExtensionTwice {
        /// Its subject.
        name: String,
        /// The extension.
        oid: String,
    },
    /// A critical extension that is not understood here.
    #[error("{name} has critical extension {oid}, which this agent does not know")]
    CriticalExtension {
        /// Its subject.
        name: String,
        /// The extension.
        oid: String,
    },
    /// An extension has a form that it must not have.
    #[error("{what} can't be read: {why}")]
    Extension {
        /// What it is.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// An extension that every attestation has is not there.
    #[error("the attestation lacks {what} (extension {oid})")]
    Missing {
        /// What it would say.
        what: &'static str,
        /// The extension.
        oid: String,
    },
    /// The attested key is none that signs here.
    #[error("the attested key can't be used: {why}")]
    PublicKey {
        /// What is wrong.
        why: String,
    },
    /// Not signed by the certificate above.
    #[error("{name} was not signed with the key of {issuer}")]
    Signature {
        /// The subject of the certificate.
        name: String,
        /// The subject of the certificate above.
        issuer: String,
    },
    /// Signed in a way that is not taken.
    #[error(
        "{name} is signed with algorithm {oid}, which is not taken or not one of its issuer's key"
    )]
    SignatureAlgorithm {
        /// The subject of the certificate.
        name: String,
        /// The algorithm.
        oid: String,
    },
    /// A certificate that issues without the right to.
    #[error("{name} may not issue certificates: it lacks {lacks}")]
    NoCa {
        /// Its subject.
        name: String,
        /// What it lacks.
        lacks: &'static str,
    },
    /// A certificate with more below it than it may have.
    #[error("{name} allows {most} certificates between it and an attestation, and has {below}")]
    PathTooLong {
        /// Its subject.
        name: String,
        /// Its pathLenConstraint.
        most: u8,
        /// How many there are.
        below: usize,
    },
    /// Nobody who is trusted stands behind it.
    #[error("{name} was issued by {issuer}, which is no trusted root and not in the chain")]
    Untrusted {
        /// The subject of the certificate.
        name: String,
        /// Its issuer.
        issuer: String,
    },
    /// The chain leads in circles.
    #[error("no way to a root was found within {checks} signatures")]
    TooManyWays {
        /// How many were verified.
        checks: u32,
    },
}

impl AttestationError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Empty | Self::Pem(_) | Self::Unreadable { .. } => {
                "Give certificates in PEM (\"-----BEGIN CERTIFICATE-----\"), as \
                 `ykman piv keys attest` and `ykman piv certificates export f9` write them"
            }
            Self::TooMany { .. } | Self::TooLarge { .. } | Self::TooManyWays { .. } => {
                "Give the attestation, the certificate of slot F9 and those between it and the root, \
                 and no others"
            }
            Self::NoAttestation { .. } => {
                "Put the attestation of the key first (`ykman piv keys attest SLOT -`); the \
                 certificate of slot F9 and those above it follow"
            }
            Self::Untrusted { .. } | Self::NoCa { .. } | Self::PathTooLong { .. } => {
                "Add the certificates between slot F9 and the root; where the key in F9 was \
                 replaced, let the agent trust the CA certificate that issued the new one"
            }
            Self::Signature { .. } | Self::SignatureAlgorithm { .. } => {
                "Ask the YubiKey for the attestation and for F9's certificate again: both must be \
                 of one device. Some YubiKeys 4 sign attestations in a way that no verifier takes; \
                 use a YubiKey 5 then"
            }
            Self::PublicKey { .. } => {
                "Generate a key of another algorithm: ecdsa-p256, ed25519 or rsa-pss-2048"
            }
            Self::LeafIsCa
            | Self::NotVersion3 { .. }
            | Self::ExtensionTwice { .. }
            | Self::CriticalExtension { .. }
            | Self::Extension { .. }
            | Self::Missing { .. } => {
                "No YubiKey that this agent knows writes such a certificate: do not trust the key, \
                 and find out where the certificate is from"
            }
        }
        .to_owned()
    }
}
