//! The setting that names a PIN source.

use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Where a keystore's PIN comes from: in the config `{ credential = "NAME" }`,
/// `{ file = "/PATH" }` or `"operator"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinSource {
    /// A systemd credential: the file of that name in `$CREDENTIALS_DIRECTORY`.
    Credential(CredentialName),
    /// A regular file that belongs to the agent's user and that nobody else may read. An absolute
    /// path.
    File(PathBuf),
    /// The operator types it (`privyseal agent unlock`).
    Operator,
}

/// Name of a systemd credential, which is also a file name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct CredentialName(String);

impl CredentialName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const USAGE: &str = "a PIN never stands in the config; set `pin = { credential = \"NAME\" }` for a \
     systemd credential, `pin = { file = \"/PATH\" }` for a file that only the agent's user may \
     read, or `pin = \"operator\"` to type it with `privyseal agent unlock`. If this was the real \
     PIN, change it";

impl<'de> Deserialize<'de> for PinSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Setting)
    }
}

struct Setting;

/// Every scalar is answered here, since serde's own answer would repeat the value.
impl<'de> Visitor<'de> for Setting {
    type Value = PinSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a PIN source")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PinSource, E> {
        match text {
            "operator" => Ok(PinSource::Operator),
            _ => Err(E::custom(USAGE)),
        }
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<PinSource, E> {
        Err(E::custom(USAGE))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<PinSource, E> {
        Err(E::custom(USAGE))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<PinSource, E> {
        Err(E::custom(USAGE))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<PinSource, E> {
        Err(E::custom(USAGE))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PinSource, A::Error> {
        let mut source = None;
        while let Some(key) = map.next_key::<String>()? {
            let next = match key.as_str() {
                "credential" => credential(text(&mut map)?)?,
                "file" => file(text(&mut map)?.into())?,
                _ => return Err(A::Error::custom(USAGE)),
            };
            if source.replace(next).is_some() {
                return Err(A::Error::custom(
                    "give one PIN source, a credential or a file",
                ));
            }
        }
        source.ok_or_else(|| A::Error::custom(USAGE))
    }
}

/// A value that is not text is skipped, since serde's own answer would repeat it.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Other(IgnoredAny),
}

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<String, A::Error> {
    match map.next_value()? {
        Value::Text(text) => Ok(text),
        Value::Other(_) => Err(A::Error::custom(USAGE)),
    }
}

fn credential<E: Error>(name: String) -> Result<PinSource, E> {
    let name = CredentialName::try_from(name).map_err(E::custom)?;
    Ok(PinSource::Credential(name))
}

impl TryFrom<String> for CredentialName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let hidden = name.is_empty() || name.starts_with('.');
        if hidden || name.len() > 255 || name.contains(['/', '\0']) {
            return Err("a credential's name is a file name, as in `LoadCredential=NAME:…`");
        }
        Ok(Self(name))
    }
}

fn file<E: Error>(path: PathBuf) -> Result<PinSource, E> {
    if !path.is_absolute() {
        return Err(E::custom("the path of a PIN file must be absolute"));
    }
    Ok(PinSource::File(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Table {
        pin: PinSource,
    }

    fn parse(pin: &str) -> Result<PinSource, String> {
        toml::from_str::<Table>(&format!("pin = {pin}"))
            .map(|table| table.pin)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn takes_the_three_sources() {
        assert_eq!(parse("\"operator\""), Ok(PinSource::Operator));
        assert_eq!(
            parse("{ file = \"/etc/pin\" }"),
            Ok(PinSource::File("/etc/pin".into()))
        );
        let credential = PinSource::Credential(CredentialName("hsm-pin".into()));
        assert_eq!(parse("{ credential = \"hsm-pin\" }"), Ok(credential));
    }

    #[test]
    fn a_pin_in_the_config_is_refused_and_not_repeated() {
        for pin in [
            "\"314159\"",
            "314159",
            "3.14159",
            "[314159]",
            "{ value = \"314159\" }",
            "{ pin = 314159 }",
            "{ file = 314159 }",
            "{ credential = 314159 }",
            "1979-05-27",
        ] {
            let message = parse(pin).unwrap_err();
            assert!(!message.contains("14159"), "{pin}: {message}");
        }
        assert!(parse("\"314159\"").unwrap_err().contains("change it"));
    }

    #[test]
    fn refuses_names_that_leave_the_directory() {
        for bad in [
            "{ credential = \"../x\" }",
            "{ credential = \"\" }",
            "{ file = \"pin\" }",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("{ file = \"/a\", credential = \"b\" }").is_err());
    }
}
