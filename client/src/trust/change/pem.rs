use privyseal_tuf::notary::NotACertificate;
use privyseal_tuf::{Key, PublicKey, PublicKeyError};

/// A key that is delegated to, with the name that its file gives it.
#[derive(Clone, Debug)]
pub struct DelegationKey {
    /// The key.
    pub key: Key,
    /// The PEM header `role`, which `docker trust key generate` writes: the signer's name.
    pub signer: Option<String>,
    /// The PEM without headers, as a [`super::Change`] keeps it.
    pub pem: String,
}

/// Why a file gives no key to delegate to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADelegationKey {
    /// A private key.
    #[error(
        "this is a private key: give its public half (`openssl pkey -pubout`), and keep it to yourself"
    )]
    Private,
    /// Neither of the two.
    #[error("neither a PEM public key nor a PEM certificate")]
    Other,
    /// A public key that can't be used.
    #[error("the public key can't be used: {0}")]
    Public(#[from] PublicKeyError),
    /// A certificate that can't be used.
    #[error("the certificate can't be used: {0}")]
    Certificate(#[from] NotACertificate),
    /// A certificate of a CA.
    #[error("it is a CA's certificate: give one of the signer's own")]
    Ca,
    /// Go takes none of two leaves.
    #[error("it holds two certificates that are no CA's: give the signer's own and those above it")]
    TwoLeaves,
    /// Signed over a digest that can be forged.
    #[error("the certificate is signed over SHA-1 or MD5, which notary refuses")]
    Weak,
    /// Out of date.
    #[error("the certificate is not valid today: it is from {from} to {to}")]
    Dates {
        /// The first second.
        from: String,
        /// The last second.
        to: String,
    },
}

/// The longest file that is read, in bytes.
const LONGEST: usize = 256 << 10;

/// Reads a public key or a certificate to delegate to, as notary and docker take them, with PEM
/// headers or without. `now` is unix time in seconds.
///
/// # Errors
/// Where it is neither, or one that notary would refuse.
pub fn read_key(text: &str, now: i64) -> Result<DelegationKey, NotADelegationKey> {
    if text.len() > LONGEST {
        return Err(NotADelegationKey::Other);
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(NotADelegationKey::Private);
    }
    let (pem, signer) = without_headers(text);
    let key = if pem.contains("-----BEGIN CERTIFICATE-----") {
        certificate(&pem, now)?
    } else if pem.contains("-----BEGIN PUBLIC KEY-----") {
        Key::of_notary(&PublicKey::from_spki_pem(pem.trim_end())?)
    } else {
        return Err(NotADelegationKey::Other);
    };
    Ok(DelegationKey { key, signer, pem })
}

fn certificate(pem: &str, now: i64) -> Result<Key, NotADelegationKey> {
    let key = Key::of_certificate(pem.as_bytes())?;
    let Some(certificate) = key.certificate() else {
        return Err(NotADelegationKey::Other);
    };
    if certificate.is_ca {
        return Err(NotADelegationKey::Ca);
    }
    if certificate.has_other_leaf {
        return Err(NotADelegationKey::TwoLeaves);
    }
    if certificate.is_weak {
        return Err(NotADelegationKey::Weak);
    }
    if now < certificate.not_before || now > certificate.not_after {
        return Err(NotADelegationKey::Dates {
            from: crate::show::absolute(certificate.not_before),
            to: crate::show::absolute(certificate.not_after),
        });
    }
    Ok(key)
}

/// The PEM blocks without the headers of RFC 1421 that docker and notary write, and the header
/// `role`.
fn without_headers(text: &str) -> (String, Option<String>) {
    let (mut pem, mut role) = (String::new(), None);
    let mut within = false;
    for line in text.lines().map(str::trim) {
        let is_mark = line.starts_with("-----");
        if is_mark {
            within = line.starts_with("-----BEGIN");
        } else if !within || line.is_empty() {
            continue;
        } else if let Some((name, value)) = line.split_once(':') {
            if name.trim() == "role" {
                role = Some(value.trim().to_owned());
            }
            continue;
        }
        pem.push_str(line);
        pem.push('\n');
    }
    (pem, role)
}
