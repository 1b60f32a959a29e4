use std::fmt;
use std::str::FromStr;

/// What a key signs with. SHA-256 hashes the message for ECDSA and RSA; Ed25519 signs it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA over NIST P-256 with SHA-256 (`ecdsa-sha2-nistp256`).
    EcdsaP256,
    /// ECDSA over NIST P-384, with SHA-256 all the same: so notary v1 signs, and only there is it used.
    EcdsaP384,
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// RSASSA-PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes (`rsassa-pss-sha256`).
    RsaPss {
        /// Length of the modulus in bits: 2048 to 4096, a multiple of 8.
        bits: u16,
    },
}

/// The text names no algorithm that keys can be made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown algorithm {0:?}: use ecdsa-p256, ed25519, rsa-pss-2048, rsa-pss-3072 or rsa-pss-4096; \
     for Docker Content Trust also ecdsa-p384"
)]
pub struct UnknownAlgorithm(pub String);

impl Algorithm {
    /// Length in bytes of a raw signature: r‖s, Ed25519's 64 bytes, or the RSA modulus.
    pub fn signature_len(self) -> usize {
        match self {
            Self::EcdsaP256 | Self::Ed25519 => 64,
            Self::EcdsaP384 => 96,
            Self::RsaPss { bits } => usize::from(bits / 8),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcdsaP256 => f.pad("ecdsa-p256"),
            Self::EcdsaP384 => f.pad("ecdsa-p384"),
            Self::Ed25519 => f.pad("ed25519"),
            Self::RsaPss { bits } => f.pad(&format!("rsa-pss-{bits}")),
        }
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        match text {
            "ecdsa-p256" => Ok(Self::EcdsaP256),
            "ecdsa-p384" => Ok(Self::EcdsaP384),
            "ed25519" => Ok(Self::Ed25519),
            "rsa-pss-2048" => Ok(Self::RsaPss { bits: 2048 }),
            "rsa-pss-3072" => Ok(Self::RsaPss { bits: 3072 }),
            "rsa-pss-4096" => Ok(Self::RsaPss { bits: 4096 }),
            other => Err(UnknownAlgorithm(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in [
            "ecdsa-p256",
            "ecdsa-p384",
            "ed25519",
            "rsa-pss-2048",
            "rsa-pss-3072",
            "rsa-pss-4096",
        ] {
            let algorithm: Algorithm = name.parse().unwrap();
            assert_eq!(algorithm.to_string(), name);
        }
        assert!("rsa-pss-1024".parse::<Algorithm>().is_err());
        assert!("ECDSA-P256".parse::<Algorithm>().is_err());
    }
}
