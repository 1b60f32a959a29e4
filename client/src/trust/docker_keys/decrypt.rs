use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::Problem;

/// Rounds of PBKDF2: notary and OpenSSL take 2048, password managers up to a million.
const MAX_ROUNDS: u32 = 4_000_000;

/// Bytes that scrypt may take: OpenSSL's default takes 16 MiB.
const MAX_MEMORY: u64 = 256 << 20;

/// scrypt's parallelisation: it is done one after the other.
const MAX_LANES: u16 = 16;

/// The PKCS#8 within an encrypted PKCS#8 (RFC 5958, section 3), encrypted with PBES2.
pub(super) fn decrypt(
    der: &[u8],
    passphrase: &SecretString,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| Problem::Scheme)?;
    let EncryptionScheme::Pbes2(parameters) = &encrypted.encryption_algorithm else {
        return Err(Problem::Scheme);
    };
    check_cost(&parameters.kdf)?;
    let secret = encrypted.encrypted_data.as_bytes();
    let mut plain = Zeroizing::new(secret.to_vec());
    let passphrase = passphrase.expose_secret();
    let length = match parameters.decrypt_in_place(passphrase, &mut plain) {
        Ok(decrypted) => decrypted.len(),
        Err(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => return Err(Problem::Scheme),
        Err(_) => return Err(Problem::Passphrase),
    };
    plain.truncate(length);
    Ok(plain)
}

fn check_cost(kdf: &Kdf) -> Result<(), Problem> {
    match kdf {
        Kdf::Pbkdf2(kdf) if kdf.iteration_count > MAX_ROUNDS => {
            Err(Problem::Costly(format!("{} times", kdf.iteration_count)))
        }
        Kdf::Pbkdf2(_) => Ok(()),
        Kdf::Scrypt(kdf) => {
            let memory = kdf
                .cost_parameter
                .saturating_mul(128)
                .saturating_mul(u64::from(kdf.block_size));
            match memory <= MAX_MEMORY && kdf.parallelization <= MAX_LANES {
                true => Ok(()),
                false => Err(Problem::Costly(format!(
                    "in {} MiB of memory, {} times over",
                    memory >> 20,
                    kdf.parallelization
                ))),
            }
        }
        _ => Err(Problem::Scheme),
    }
}
