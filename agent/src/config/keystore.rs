//! `[[keystore]]`: a PKCS#11 token, or a YubiKey.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Error, ValueDeserializer},
};

use crate::keystore::{KeystoreName, piv, pkcs11};

/// `[[keystore]]` of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeystoreSection {
    /// `kind = "pkcs11"`.
    Pkcs11(pkcs11::Settings),
    /// `kind = "piv"`.
    Piv(piv::Settings),
}

/// `kind`.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Pkcs11,
    Piv,
}

impl KeystoreSection {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &KeystoreName {
        match self {
            Self::Pkcs11(settings) => &settings.name,
            Self::Piv(settings) => &settings.name,
        }
    }

    /// May it sign root, and so waits for a person when its token reappears?
    #[must_use]
    pub fn holds_root_keys(&self) -> bool {
        match self {
            Self::Pkcs11(settings) => settings.holds_root_keys,
            Self::Piv(settings) => settings.holds_root_keys,
        }
    }

    /// May operators write keys to it that were made elsewhere?
    #[must_use]
    pub fn allow_import(&self) -> bool {
        match self {
            Self::Pkcs11(settings) => settings.allow_import,
            Self::Piv(settings) => settings.allow_import,
        }
    }

    /// Takes the keystores out of a config. Each error knows its place in the file, which it would not
    /// if serde chose the kind.
    pub(super) fn take(file: &mut DeTable<'_>) -> Result<Vec<Self>, Error> {
        let Some(tables) = file.remove("keystore") else {
            return Ok(Vec::new());
        };
        let tables = Vec::<Spanned<Table>>::deserialize(ValueDeserializer::from(tables.clone()))
            .map(|_| tables)?;
        let tables = match tables.into_inner() {
            DeValue::Array(tables) => tables,
            _ => return Ok(Vec::new()),
        };
        tables.into_iter().map(Self::of).collect()
    }

    fn of(table: Spanned<DeValue<'_>>) -> Result<Self, Error> {
        let entries = table.get_ref().as_table();
        let kind = entries.and_then(|entries| entries.get("kind")).cloned();
        let kind = kind.map(|kind| Kind::deserialize(ValueDeserializer::from(kind)));
        let settings = ValueDeserializer::from(table);
        match kind.transpose()? {
            Some(Kind::Piv) => piv::Settings::deserialize(settings).map(Self::Piv),
            Some(Kind::Pkcs11) | None => pkcs11::Settings::deserialize(settings).map(Self::Pkcs11),
        }
    }
}

/// Any table.
type Table = BTreeMap<String, serde::de::IgnoredAny>;

/// Two keystores of one module, or of one device.
pub(super) fn one_each(keystores: &[KeystoreSection]) -> Result<(), String> {
    let mut devices = BTreeMap::new();
    for keystore in keystores {
        let device = match keystore {
            // A module's C_Initialize and C_Finalize are for the whole process (PKCS#11 2.40,
            // section 5.4).
            KeystoreSection::Pkcs11(settings) => {
                let path = std::fs::canonicalize(&settings.module);
                let path = path.unwrap_or_else(|_| settings.module.clone());
                path.display().to_string()
            }
            KeystoreSection::Piv(settings) => settings.serial.to_string(),
        };
        let name = keystore.name();
        if let Some(other) = devices.insert(device, name) {
            return Err(match keystore {
                KeystoreSection::Pkcs11(_) => format!(
                    "the keystores `{other}` and `{name}` use the same module; a module serves one \
                     keystore of an agent: run another agent for the other token"
                ),
                KeystoreSection::Piv(settings) => format!(
                    "the keystores `{other}` and `{name}` are the same YubiKey, {}: one keystore has \
                     all of its keys",
                    settings.serial
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIV: &str = "[[keystore]]\nname = \"root-a\"\nkind = \"piv\"\nserial = 12345678\n\
                       pin = \"operator\"\n";
    const PKCS11: &str = "[[keystore]]\nname = \"hsm\"\nkind = \"pkcs11\"\nmodule = \"/m.so\"\n\
                          token = \"pkcs11:token=online\"\npin = \"operator\"\n";

    fn take(text: &str) -> Result<Vec<KeystoreSection>, Error> {
        KeystoreSection::take(DeTable::parse(text).unwrap().get_mut())
    }

    fn refused_at(text: &str) -> (String, String) {
        let error = take(text).unwrap_err();
        let place = text[error.span().unwrap()].to_owned();
        (error.message().to_owned(), place)
    }

    #[test]
    fn both_kinds_are_told_apart() {
        let both = take(&format!("{PIV}{PKCS11}")).unwrap();
        let names = both.iter().map(|keystore| keystore.name().to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["root-a", "hsm"]);
        assert!(matches!(both[0], KeystoreSection::Piv(_)));
        assert!(both[0].holds_root_keys() && !both[1].allow_import());
        assert_eq!(take("").unwrap(), []);
    }

    #[test]
    fn an_error_names_its_place() {
        let unknown = PIV.replace("\"piv\"", "\"tpm\"");
        let (message, place) = refused_at(&unknown);
        assert!(message.contains("`pkcs11` or `piv`"), "{message}");
        assert_eq!(place, "\"tpm\"");
        let (_, place) = refused_at(&format!("{PKCS11}{}", PIV.replace("12345678", "-1")));
        assert_eq!(place, "-1");
        let (message, place) = refused_at(&format!("{PIV}sessions = 2\n"));
        assert_eq!(place, "sessions", "{message}");
        let (message, _) = refused_at(&PIV.replace("kind = \"piv\"\n", ""));
        assert!(
            message.contains("kind") || message.contains("serial"),
            "{message}"
        );
        assert!(take("keystore = 1").is_err() && take("keystore = [1]").is_err());
    }

    #[test]
    fn a_device_or_a_module_is_one_keystore() {
        let twice = |text: &str| {
            take(&format!(
                "{text}{}",
                text.replace("name = \"", "name = \"x")
            ))
        };
        let said = one_each(&twice(PIV).unwrap()).unwrap_err();
        assert!(said.contains("same YubiKey, 12345678"), "{said}");
        let said = one_each(&twice(PKCS11).unwrap()).unwrap_err();
        assert!(said.contains("same module"), "{said}");
        assert_eq!(one_each(&take(&format!("{PIV}{PKCS11}")).unwrap()), Ok(()));
    }
}
