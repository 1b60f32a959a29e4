//! JSON as TUF metadata may use it: no floats, no duplicate keys, integers within ±(2⁵³−1).

mod error;
mod object;
mod parse;
mod path;
mod readable;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use serde::{Serialize, Serializer};

pub use error::{JsonError, Position};
pub use object::{Iter, Object};
pub use path::{JsonPath, Segment};

/// A text that its users share.
pub type Text = Arc<str>;

/// The greatest integer that every JSON reader keeps exactly: 2⁵³−1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many values a text may have: arrays, objects, and what they hold.
pub const MAX_VALUES: usize = 2_000_000;

/// The longest text that is read: 16 MiB.
pub const MAX_BYTES: usize = 16 << 20;

/// The longest text that is indented when it is written: 1 MiB.
pub const MAX_PRETTY: usize = 1 << 20;

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Within ±[`MAX_INTEGER`] where it was parsed.
    Integer(i64),
    /// Any text of Unicode scalar values.
    String(Text),
    /// `[…]`
    Array(Vec<Value>),
    /// `{…}`
    Object(Object),
}

impl Value {
    /// Parses a whole JSON text, strictly: see [`JsonError`] for what is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        parse::parse(bytes)
    }

    /// Human-readable JSON: indented by two spaces, keys sorted, ended by a line feed.
    pub fn to_pretty(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// JSON as a file: [pretty](Self::to_pretty) where that has at most [`MAX_PRETTY`] bytes, so that
    /// people can read it; else without any white space, which leaves room for half as many more
    /// targets below [`MAX_BYTES`]. The second is not the canonical form: its strings have escapes.
    pub fn to_file(&self) -> Vec<u8> {
        let compact = serde_json::to_vec(self).unwrap_or_default();
        if compact.len() > MAX_PRETTY {
            return compact;
        }
        let pretty = self.to_pretty();
        if pretty.len() > MAX_PRETTY {
            return compact;
        }
        pretty
    }

    /// Whether it would be [parsed](Self::parse) again from what is written of it.
    pub(crate) fn is_readable(&self) -> bool {
        readable::is_readable(self)
    }

    /// The members, where this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The items, where this is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text, where this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, where this is an integer.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// What kind of value this is, for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<u64> for Value {
    /// A number beyond 2⁶³−1 becomes that; both are beyond [`MAX_INTEGER`], so that whoever reads
    /// the text refuses it.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Sets or removes a member.
pub(crate) fn set(object: &mut Object, key: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(key, value),
        None => object.remove(key),
    };
}

/// Edits the object under `key`; what else stood there is replaced.
pub(crate) fn edit(object: &mut Object, key: &str, edit: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(member)) = object.get_mut(key) {
        return edit(member);
    }
    let mut member = Object::new();
    edit(&mut member);
    object.insert(key, Value::Object(member));
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}
