use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::{BadSignature, Material, PublicKey};

impl PublicKey {
    /// Checks an RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 8017, section 8.2), which notary
    /// takes from others. The message is the whole message, never its digest.
    pub(crate) fn verify_pkcs1v15(&self, message: &[u8], raw: &[u8]) -> Result<(), BadSignature> {
        let Material::Rsa(key) = &self.0 else {
            return Err(BadSignature);
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.pkcs1_der())
            .verify(message, raw)
            .map_err(|_| BadSignature)
    }
}
