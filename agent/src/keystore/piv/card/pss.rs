//! EMSA-PSS (RFC 8017, section 9.1.1): a YubiKey only does the bare RSA operation.

use privyseal_tuf::Sha256Digest;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use super::error::CardError;

/// Length of SHA-256, which is also that of the salt.
const HASH: usize = 32;

/// Encodes a digest for a modulus of `bits`, a multiple of 8, with a random salt.
pub(super) fn encoded(digest: &Sha256Digest, bits: u16) -> Result<Vec<u8>, CardError> {
    let mut salt = [0; HASH];
    let filled = SystemRandom::new().fill(&mut salt);
    filled.map_err(|_| CardError::Reader("the system gives no random bytes".to_owned()))?;
    Ok(with_salt(digest, bits, &salt))
}

fn with_salt(digest: &Sha256Digest, bits: u16, salt: &[u8; HASH]) -> Vec<u8> {
    let length = usize::from(bits / 8);
    let hash = Sha256::new()
        .chain_update([0; 8])
        .chain_update(digest.as_bytes())
        .chain_update(salt)
        .finalize();
    // DB = PS ‖ 01 ‖ salt, masked; the bits of EM above those of the modulus less one are zero.
    let mut encoded = vec![0; length.saturating_sub(2 * HASH + 2)];
    encoded.push(0x01);
    encoded.extend_from_slice(salt);
    let mask = mask(&hash, encoded.len());
    for (byte, mask) in encoded.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    if let Some(first) = encoded.first_mut() {
        *first &= 0x7f;
    }
    encoded.extend_from_slice(&hash);
    encoded.push(0xbc);
    encoded
}

/// MGF1 with SHA-256 (appendix B.2.1).
fn mask(seed: &[u8], length: usize) -> impl Iterator<Item = u8> {
    let block = move |counter: u32| {
        let hash = Sha256::new().chain_update(seed);
        hash.chain_update(counter.to_be_bytes()).finalize()
    };
    (0..).flat_map(block).take(length)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use privyseal_tuf::{Algorithm, PublicKey, Signature};

    use super::*;

    fn openssl(directory: &Path, arguments: &str) {
        let mut command = Command::new("openssl");
        let command = command.args(arguments.split(' ')).current_dir(directory);
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{arguments}: {ran:?}");
    }

    #[test]
    fn what_a_bare_rsa_operation_makes_of_it_verifies() {
        for bits in [2048_u16, 3072, 4096] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path();
            let made = format!("genpkey -algorithm RSA -out key -pkeyopt rsa_keygen_bits:{bits}");
            openssl(path, &made);
            openssl(path, "pkey -in key -pubout -out public");
            let encoded = encoded(&Sha256Digest::of(b"root"), bits).unwrap();
            fs::write(path.join("encoded"), encoded).unwrap();
            let bare =
                "pkeyutl -decrypt -inkey key -pkeyopt rsa_padding_mode:none -in encoded -out raw";
            openssl(path, bare);

            let public = fs::read_to_string(path.join("public")).unwrap();
            let public = PublicKey::from_spki_pem(&public).unwrap();
            let raw = fs::read(path.join("raw")).unwrap();
            let signature = Signature::from_raw(Algorithm::RsaPss { bits }, &raw).unwrap();
            assert!(public.verify(b"root", &signature).is_ok());
            assert!(public.verify(b"boot", &signature).is_err());
        }
    }
}
