//! Keys as a keystore knows them: which token, which object, which public key.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use privyseal_tuf::PublicKey;

use super::error::KeystoreError;
use super::name::{KeyName, KeystoreName};
use super::policy::Policies;

/// A key that the agent enrolled, bound to its token's serial number, its CKA_ID and its public
/// key; if one of the three is another, it is not this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundKey {
    /// The key's name.
    pub name: KeyName,
    /// The keystore that holds it.
    pub keystore: KeystoreName,
    /// The token that it was enrolled from.
    pub token_serial: TokenSerial,
    /// CKA_ID of both halves, or the PIV slot.
    pub object_id: ObjectId,
    /// What every signature is verified against.
    pub public_key: PublicKey,
}

/// What a token says of a private key: CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE,
/// CKA_NEVER_EXTRACTABLE and CKA_LOCAL. An attribute that the token keeps to itself counts as the
/// worse of its two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// Its value can't be read in plain text.
    pub sensitive: bool,
    /// It can leave the token wrapped, or in plain text where it is not sensitive.
    pub extractable: bool,
    /// It was sensitive since it was made.
    pub always_sensitive: bool,
    /// It was not extractable since it was made.
    pub never_extractable: bool,
    /// It was made on the device.
    pub local: bool,
}

impl Protection {
    /// True where the token lets the key leave in some form.
    #[must_use]
    pub fn lets_out(&self) -> bool {
        self.extractable || !self.sensitive
    }
}

/// A token by its own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIdentity {
    /// Its label, without padding.
    pub label: String,
    /// Its serial number.
    pub serial: TokenSerial,
}

/// A key, where it is, and what the token says of it.
#[derive(Debug, Clone)]
pub struct KeyDescription {
    /// The key.
    pub key: Arc<BoundKey>,
    /// Label of the token that held it when it was last seen; empty before.
    pub token_label: String,
    /// What the token said when it was last seen; none before.
    pub protection: Option<Protection>,
    /// When it asks for a PIN or a touch, by the token's word when it was last seen.
    pub policies: Option<Policies>,
    /// Whether it can be used.
    pub standing: KeyStanding,
}

/// Whether a key can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStanding {
    /// Found, compared, and ready to sign.
    Usable,
    /// Not looked for: the keystore is not ready.
    Unseen,
    /// Looked for and refused.
    Refused(KeystoreError),
}

impl KeyDescription {
    /// True where the key was found and the keystore is ready to sign with it.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.standing == KeyStanding::Usable
    }
}

/// What a key is found by on its token: CKA_ID, of 1 to 64 bytes, or the one byte of a PIV slot.
/// Written in hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(Vec<u8>);

/// Why a CKA_ID was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadObjectId {
    /// Not an even number of hex digits.
    #[error("a CKA_ID is written as hex digits, two a byte")]
    NotHex,
    /// Empty or too long.
    #[error("a CKA_ID has 1 to 64 bytes, this one has {0}")]
    Length(usize),
}

impl ObjectId {
    /// Takes the bytes as the token has them.
    ///
    /// # Errors
    /// Where they are none, or more than 64.
    pub fn new(bytes: Vec<u8>) -> Result<Self, BadObjectId> {
        match bytes.len() {
            1..=64 => Ok(Self(bytes)),
            other => Err(BadObjectId::Length(other)),
        }
    }

    /// An identifier of one byte: a PIV slot.
    pub(super) fn of_byte(byte: u8) -> Self {
        Self(vec![byte])
    }

    /// The bytes as the token has them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for ObjectId {
    type Err = BadObjectId;

    fn from_str(text: &str) -> Result<Self, BadObjectId> {
        Self::new(hex::decode(text).map_err(|_| BadObjectId::NotHex)?)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// A token's serial number without its padding: 1 to 64 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenSerial(String);

/// A token without a serial number: no key can be bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token's serial number has 1 to 64 printable characters")]
pub struct BadSerial;

impl TokenSerial {
    /// The serial number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenSerial {
    type Err = BadSerial;

    fn from_str(text: &str) -> Result<Self, BadSerial> {
        let serial = text.trim_matches([' ', '\0']);
        let printable = serial.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if serial.is_empty() || serial.len() > 64 || !printable {
            return Err(BadSerial);
        }
        Ok(Self(serial.to_owned()))
    }
}

impl fmt::Display for TokenSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_id_is_hex_of_one_to_64_bytes() {
        assert_eq!("0aff".parse::<ObjectId>().unwrap().to_string(), "0aff");
        assert_eq!("".parse::<ObjectId>(), Err(BadObjectId::Length(0)));
        assert_eq!("0a0".parse::<ObjectId>(), Err(BadObjectId::NotHex));
        assert_eq!(
            "00".repeat(65).parse::<ObjectId>(),
            Err(BadObjectId::Length(65))
        );
    }

    #[test]
    fn serial_loses_its_padding_and_nothing_else() {
        assert_eq!("  a b \0\0".parse::<TokenSerial>().unwrap().as_str(), "a b");
        assert_eq!("   ".parse::<TokenSerial>(), Err(BadSerial));
        assert_eq!("a\u{7}".parse::<TokenSerial>(), Err(BadSerial));
    }
}
