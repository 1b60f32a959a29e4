use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};

use crate::json::{Object, Value};
use crate::{Dialect, Sha256Digest};

/// Digests of one file by name of the hash algorithm, as lower- or upper-case hex (spec, section
/// 4.5). Never empty. Algorithms other than sha256 and sha512 are kept, and never match.
///
/// This is the object that stands in metadata, shared with the document, with its members checked;
/// of notary's dialect, which has base64, it is the same object with hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes(Object);

/// Why an object is no set of hashes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashesError {
    /// No hash at all.
    #[error("names no hash")]
    Empty,
    /// Not hex of the algorithm's length.
    #[error("{0} is not a hex digest of that algorithm")]
    Digest(String),
    /// Not base64 of the algorithm's length.
    #[error("{0} is not a base64 digest of that algorithm")]
    Base64(String),
}

impl Hashes {
    /// The SHA-256 of `content`.
    pub fn sha256_of(content: &[u8]) -> Self {
        Self::from(Sha256Digest::of(content))
    }

    /// The SHA-256 and the SHA-512 of `content`.
    pub fn sha256_and_sha512_of(content: &[u8]) -> Self {
        let mut hashes = Self::sha256_of(content);
        let sha512 = hex::encode(Sha512::digest(content));
        hashes.0.insert("sha512", Value::from(sha512.as_str()));
        hashes
    }

    /// Reads the object that stands in metadata.
    pub fn parse(object: &Object) -> Result<Self, HashesError> {
        if object.is_empty() {
            return Err(HashesError::Empty);
        }
        let other = object
            .iter()
            .find(|(name, value)| !matches!(value, Value::String(text) if is_digest(name, text)));
        match other {
            Some((name, _)) => Err(HashesError::Digest(name.to_string())),
            None => Ok(Self(object.clone())),
        }
    }

    /// Reads the object that stands in metadata of a dialect.
    pub(crate) fn parse_in(dialect: Dialect, object: &Object) -> Result<Self, HashesError> {
        if dialect == Dialect::Spec {
            return Self::parse(object);
        }
        let mut hexes = Object::new();
        for (name, value) in object {
            let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
            let text = bytes.map(hex::encode);
            let text = text.filter(|text| is_digest(name, text));
            let text = text.ok_or_else(|| HashesError::Base64(name.to_string()))?;
            hexes.insert(name.clone(), Value::from(text.as_str()));
        }
        Self::parse(&hexes)
    }

    /// The object as it stands in metadata.
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// The object as it stands in metadata of a dialect.
    pub(crate) fn to_value_in(&self, dialect: Dialect) -> Value {
        if dialect == Dialect::Spec {
            return self.to_value();
        }
        let mut object = Object::new();
        for (name, text) in self.iter() {
            // It is hex: that was checked when it was made.
            let bytes = hex::decode(text).unwrap_or_default();
            object.insert(name, Value::from(STANDARD.encode(bytes).as_str()));
        }
        Value::Object(object)
    }

    /// Name of each algorithm with its digest in hex.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter_map(|(name, value)| Some((&**name, value.as_str()?)))
    }

    /// The SHA-256, where it is named.
    pub fn sha256(&self) -> Option<Sha256Digest> {
        let text = self.0.get("sha256")?.as_str()?;
        text.to_ascii_lowercase().parse().ok()
    }

    /// Whether `content` has every hash that this crate knows, of which there must be one.
    pub fn matches(&self, content: &[u8]) -> bool {
        let known = self.iter().filter_map(|(name, text)| match name {
            "sha256" => Some(text.eq_ignore_ascii_case(&hex::encode(Sha256::digest(content)))),
            "sha512" => Some(text.eq_ignore_ascii_case(&hex::encode(Sha512::digest(content)))),
            _ => None,
        });
        let results: Vec<bool> = known.collect();
        !results.is_empty() && results.into_iter().all(|equal| equal)
    }
}

impl From<Sha256Digest> for Hashes {
    fn from(digest: Sha256Digest) -> Self {
        let text = digest.to_string();
        Self(Object::from([("sha256", Value::from(text.as_str()))]))
    }
}

fn is_digest(name: &str, text: &str) -> bool {
    let length_fits = match name {
        "sha256" => text.len() == 64,
        "sha512" => text.len() == 128,
        _ => !text.is_empty() && text.len().is_multiple_of(2),
    };
    length_fits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_content_it_was_made_of() {
        let hashes = Hashes::sha256_and_sha512_of(b"content");
        assert!(hashes.matches(b"content"));
        assert!(!hashes.matches(b"contend"));
        let Value::Object(object) = hashes.to_value() else {
            panic!("an object")
        };
        assert_eq!(Hashes::parse(&object).unwrap(), hashes);
    }

    #[test]
    fn one_wrong_hash_among_right_ones_is_a_mismatch() {
        let mut hashes = Hashes::sha256_and_sha512_of(b"content");
        hashes.0.insert("sha512", Value::from(&*"00".repeat(64)));
        assert!(!hashes.matches(b"content"));
    }

    #[test]
    fn unknown_algorithms_alone_never_match() {
        let object = Object::from([("blake3", Value::from("00ff"))]);
        assert!(!Hashes::parse(&object).unwrap().matches(b""));
    }

    #[test]
    fn refuses_what_is_no_digest() {
        assert_eq!(Hashes::parse(&Object::new()), Err(HashesError::Empty));
        for bad in [
            Value::from("00"),
            Value::from(&*"zz".repeat(32)),
            Value::Null,
        ] {
            let object = Object::from([("sha256", bad)]);
            assert_eq!(
                Hashes::parse(&object),
                Err(HashesError::Digest("sha256".into()))
            );
        }
    }
}
