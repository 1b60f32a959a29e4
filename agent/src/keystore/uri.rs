//! The URI that names a token (RFC 7512).

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// What a token says of itself, padding and all.
#[derive(Debug, Clone, Copy)]
pub struct TokenFacts<'a> {
    /// CK_TOKEN_INFO's label.
    pub label: &'a str,
    /// Its manufacturer id.
    pub manufacturer: &'a str,
    /// Its model.
    pub model: &'a str,
    /// Its serial number.
    pub serial: &'a str,
}

/// A token URI: `pkcs11:token=…;manufacturer=…;model=…;serial=…`, at least one of the four.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TokenUri {
    text: String,
    token: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    serial: Option<String>,
}

/// Why a token URI was refused. No variant repeats an attribute's value: it might be a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTokenUri {
    /// Another scheme.
    #[error("a token URI starts with \"pkcs11:\" (RFC 7512), such as \"pkcs11:token=release\"")]
    Scheme,
    /// No attribute: any token would match.
    #[error("the URI names no token: give token=, serial=, manufacturer= or model=")]
    Empty,
    /// `pin-value` or `pin-source`.
    #[error(
        "{0} does not belong in a token URI, which ends up in logs: set `pin = {{ credential = \
         \"NAME\" }}`, `pin = {{ file = \"PATH\" }}` or `pin = \"operator\"` beside it"
    )]
    Pin(&'static str),
    /// `module-path` or `module-name`.
    #[error("{0} does not belong in the token URI: set `module = \"PATH\"` beside it")]
    Module(&'static str),
    /// An attribute of a slot.
    #[error(
        "{0} names a slot, and slots change their numbers when tokens come and go: name the token \
         with token= or serial="
    )]
    Slot(&'static str),
    /// An attribute that names no token.
    #[error("attribute {0:?} does not name a token: token, manufacturer, model and serial do")]
    Unknown(String),
    /// An attribute twice.
    #[error("attribute {0:?} stands twice in the URI")]
    Twice(String),
    /// An attribute without a value.
    #[error("attribute {0:?} has no value")]
    NoValue(String),
    /// A character that RFC 7512 has percent-encoded, or a broken encoding.
    #[error(
        "the value of attribute {0:?} is not percent-encoded as RFC 7512 asks (a space is %20)"
    )]
    Encoding(String),
}

impl TokenUri {
    /// True where every attribute of the URI is the token's own.
    #[must_use]
    pub fn matches(&self, facts: TokenFacts<'_>) -> bool {
        let same = |wanted: &Option<String>, found: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| trimmed(wanted) == trimmed(found))
        };
        same(&self.token, facts.label)
            && same(&self.manufacturer, facts.manufacturer)
            && same(&self.model, facts.model)
            && same(&self.serial, facts.serial)
    }

    fn attribute(&mut self, name: &str) -> Result<&mut Option<String>, BadTokenUri> {
        match name {
            "token" => Ok(&mut self.token),
            "manufacturer" => Ok(&mut self.manufacturer),
            "model" => Ok(&mut self.model),
            "serial" => Ok(&mut self.serial),
            other => Err(misplaced(other)),
        }
    }
}

impl FromStr for TokenUri {
    type Err = BadTokenUri;

    fn from_str(text: &str) -> Result<Self, BadTokenUri> {
        let rest = text.strip_prefix("pkcs11:").ok_or(BadTokenUri::Scheme)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if let Some(attribute) = query.split('&').find(|attribute| !attribute.is_empty()) {
            return Err(misplaced(split(attribute).0));
        }
        let mut uri = Self {
            text: text.to_owned(),
            token: None,
            manufacturer: None,
            model: None,
            serial: None,
        };
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = split(attribute);
            let place = uri.attribute(name)?;
            if place.is_some() {
                return Err(BadTokenUri::Twice(name.to_owned()));
            }
            *place = Some(decoded(name, value)?);
        }
        let named = [&uri.token, &uri.manufacturer, &uri.model, &uri.serial];
        if named.iter().all(|attribute| attribute.is_none()) {
            return Err(BadTokenUri::Empty);
        }
        Ok(uri)
    }
}

impl TryFrom<String> for TokenUri {
    type Error = BadTokenUri;

    fn try_from(text: String) -> Result<Self, BadTokenUri> {
        text.parse()
    }
}

impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn split(attribute: &str) -> (&str, &str) {
    attribute.split_once('=').unwrap_or((attribute, ""))
}

fn misplaced(name: &str) -> BadTokenUri {
    match name {
        "pin-value" => BadTokenUri::Pin("pin-value"),
        "pin-source" => BadTokenUri::Pin("pin-source"),
        "module-path" => BadTokenUri::Module("module-path"),
        "module-name" => BadTokenUri::Module("module-name"),
        "slot-id" => BadTokenUri::Slot("slot-id"),
        "slot-description" => BadTokenUri::Slot("slot-description"),
        "slot-manufacturer" => BadTokenUri::Slot("slot-manufacturer"),
        other => BadTokenUri::Unknown(other.to_owned()),
    }
}

fn decoded(name: &str, value: &str) -> Result<String, BadTokenUri> {
    if value.is_empty() {
        return Err(BadTokenUri::NoValue(name.to_owned()));
    }
    let bad = || BadTokenUri::Encoding(name.to_owned());
    // The characters that RFC 7512 (2.3) lets stand for themselves in a path attribute.
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~:[]@!$'()*+,=&".contains(&c);
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        let escape = byte == b'%'
            && bytes.next().is_some_and(|c| c.is_ascii_hexdigit())
            && bytes.next().is_some_and(|c| c.is_ascii_hexdigit());
        if !escape && !plain(byte) {
            return Err(bad());
        }
    }
    let decoded = percent_decode_str(value).decode_utf8().map_err(|_| bad())?;
    Ok(decoded.into_owned())
}

/// Token fields are padded with blanks; some modules end them with NUL.
fn trimmed(field: &str) -> &str {
    field.trim_matches([' ', '\0'])
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    const FACTS: TokenFacts<'_> = TokenFacts {
        label: "Release Keys                    ",
        manufacturer: "SoftHSM project                 ",
        model: "SoftHSM v2      ",
        serial: "1e5a04cb6ba2b1c0",
    };

    fn parse(text: &str) -> Result<TokenUri, BadTokenUri> {
        text.parse()
    }

    #[test]
    fn every_attribute_must_be_the_tokens_own() {
        for (uri, expected) in [
            ("pkcs11:token=Release%20Keys", true),
            ("pkcs11:token=Release%20Keys;serial=1e5a04cb6ba2b1c0", true),
            (
                "pkcs11:manufacturer=SoftHSM%20project;model=SoftHSM%20v2",
                true,
            ),
            ("pkcs11:token=release%20keys", false),
            ("pkcs11:token=Release", false),
            ("pkcs11:token=Release%20Keys;serial=1e5a04cb6ba2b1c1", false),
        ] {
            assert_eq!(parse(uri).unwrap().matches(FACTS), expected, "{uri}");
        }
    }

    #[test]
    fn a_pin_is_refused_and_not_repeated() {
        for uri in [
            "pkcs11:token=a?pin-value=314159",
            "pkcs11:token=a;pin-value=314159",
            "pkcs11:token=a?pin-source=file:/314159",
            "pkcs11:token=a?pin-source=%7C314159",
        ] {
            let error = parse(uri).unwrap_err();
            assert!(matches!(error, BadTokenUri::Pin(_)), "{uri}");
            assert!(!error.to_string().contains("314159"), "{error}");
            assert!(!format!("{error:?}").contains("314159"));
        }
    }

    #[test]
    fn refuses_what_names_no_token() {
        let other = |name: &str| BadTokenUri::Unknown(name.to_owned());
        for (uri, expected) in [
            ("token=a", BadTokenUri::Scheme),
            ("PKCS11:token=a", BadTokenUri::Scheme),
            ("pkcs11:", BadTokenUri::Empty),
            ("pkcs11:;;", BadTokenUri::Empty),
            ("pkcs11:slot-id=0", BadTokenUri::Slot("slot-id")),
            (
                "pkcs11:token=a?module-path=/x.so",
                BadTokenUri::Module("module-path"),
            ),
            ("pkcs11:object=a", other("object")),
            ("pkcs11:token=a;x-vendor=b", other("x-vendor")),
            ("pkcs11:token=a;token=a", BadTokenUri::Twice("token".into())),
            ("pkcs11:token=", BadTokenUri::NoValue("token".into())),
            ("pkcs11:token", BadTokenUri::NoValue("token".into())),
            ("pkcs11:token=a b", BadTokenUri::Encoding("token".into())),
            ("pkcs11:token=a%2", BadTokenUri::Encoding("token".into())),
            ("pkcs11:token=a%zz", BadTokenUri::Encoding("token".into())),
            ("pkcs11:token=%ff", BadTokenUri::Encoding("token".into())),
        ] {
            assert_eq!(parse(uri), Err(expected), "{uri}");
        }
    }

    proptest! {
        #[test]
        fn an_encoded_label_matches_itself(label in "[^\0]{1,32}") {
            prop_assume!(!label.trim_matches(' ').is_empty());
            let encoded = utf8_percent_encode(&label, NON_ALPHANUMERIC);
            let uri = parse(&format!("pkcs11:token={encoded}")).unwrap();
            let padded = format!("{label:32}");
            let facts = TokenFacts { label: &padded, ..FACTS };
            prop_assert!(uri.matches(facts));
        }

        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = parse(&text);
            let _ = parse(&format!("pkcs11:{text}"));
        }
    }
}
