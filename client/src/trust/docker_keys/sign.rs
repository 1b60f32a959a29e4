use p256::ecdsa::signature::hazmat::PrehashSigner;
use privyseal_tuf::{Signature, SignatureError};
use ring::rand::SystemRandom;
use ring::signature::RSA_PSS_SHA256;
use sha2::{Digest, Sha256};

use super::private_key::{PrivateKey, Secret};

/// The key did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the private key of the file does not sign")]
pub struct NotSigned;

impl From<SignatureError> for NotSigned {
    fn from(_: SignatureError) -> Self {
        Self
    }
}

impl PrivateKey {
    /// Signs as notary does, always over SHA-256, and verifies what it signed.
    ///
    /// # Errors
    /// Where the key does not fit its public half.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, NotSigned> {
        let algorithm = self.public().algorithm();
        let digest = Sha256::digest(message);
        let signature = match &self.secret {
            Secret::EcdsaP256(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let made: Result<p256::ecdsa::Signature, _> = key.sign_prehash(&digest);
                Signature::from_raw(algorithm, &made.map_err(|_| NotSigned)?.to_bytes())?
            }
            Secret::EcdsaP384(key) => {
                let key = p384::ecdsa::SigningKey::from(key);
                let made: Result<p384::ecdsa::Signature, _> = key.sign_prehash(&digest);
                Signature::from_raw(algorithm, &made.map_err(|_| NotSigned)?.to_bytes())?
            }
            Secret::Ed25519(key) => Signature::from_raw(algorithm, key.sign(message).as_ref())?,
            Secret::Rsa(key) => {
                let mut made = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut made)
                    .map_err(|_| NotSigned)?;
                Signature::from_raw(algorithm, &made)?
            }
        };
        let verified = self.public().verify(message, &signature);
        verified.map(|()| signature).map_err(|_| NotSigned)
    }
}
