use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, Visitor};

use crate::json::Text;

/// Names of members that were read. Metadata has a few short ones many times (`hashes`, `length`,
/// `sha256` for each target), and those share one text.
#[derive(Debug, Default)]
pub(super) struct Names(RefCell<BTreeSet<Text>>);

/// So many are kept, the first ones.
const MOST: usize = 64;

/// So many bytes the longest of them has.
const LONGEST: usize = 24;

impl Names {
    fn shared(&self, name: &str) -> Text {
        if name.len() > LONGEST {
            return name.into();
        }
        let mut names = self.0.borrow_mut();
        if let Some(known) = names.get(name) {
            return known.clone();
        }
        let new = Text::from(name);
        if names.len() < MOST {
            names.insert(new.clone());
        }
        new
    }
}

impl<'de> DeserializeSeed<'de> for &Names {
    type Value = Text;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for &Names {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Text, E> {
        Ok(self.shared(name))
    }
}
