mod names;

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::object::Building;
use super::{JsonError, MAX_BYTES, MAX_DEPTH, MAX_INTEGER, MAX_VALUES, Position, Text, Value};
use names::Names;

pub(super) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_BYTES {
        return Err(JsonError::TooLong(bytes.len()));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| JsonError::InvalidUtf8(error.valid_up_to()))?;
    let (refusal, values, names) = (RefCell::new(None), Cell::new(0), Names::default());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict {
        depth: 0,
        values: &values,
        names: &names,
        refusal: &refusal,
    }
    .deserialize(&mut deserializer)
    .map_err(|error| explain(text, &error, refusal.take()))?;
    deserializer
        .end()
        .map_err(|error| JsonError::TrailingBytes(position(&error)))?;
    Ok(value)
}

/// What the visitor refused. serde_json's errors carry only a text, so this goes beside them.
enum Refusal {
    DuplicateKey(Text),
    /// serde_json hands over a fraction, an exponent, -0 or an integer beyond 64 bits as a float.
    Float,
    IntegerRange,
    TooDeep,
    TooMany,
}

/// Visits one value at a nesting depth.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// How many values have been begun.
    values: &'a Cell<usize>,
    names: &'a Names,
    refusal: &'a RefCell<Option<Refusal>>,
}

impl Strict<'_> {
    fn refuse<T, E: Error>(self, refusal: Refusal) -> Result<T, E> {
        self.refusal.replace(Some(refusal));
        Err(E::custom("refused"))
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return self.refuse(Refusal::TooDeep);
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn integer<E: Error>(self, number: Option<i64>) -> Result<Value, E> {
        match number {
            Some(number) if (-MAX_INTEGER..=MAX_INTEGER).contains(&number) => {
                Ok(Value::Integer(number))
            }
            _ => self.refuse(Refusal::IntegerRange),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.values.get() == MAX_VALUES {
            return self.refuse(Refusal::TooMany);
        }
        self.values.set(self.values.get() + 1);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without floats")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.integer(Some(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.integer(i64::try_from(number).ok())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        self.refuse(Refusal::Float)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let item = self.deeper()?;
        let mut items = Vec::new();
        while let Some(value) = access.next_element_seed(item)? {
            items.push(value);
        }
        items.shrink_to_fit();
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let member = self.deeper()?;
        let mut object = Building::default();
        while let Some(key) = access.next_key_seed(self.names)? {
            if !object.is_new(&key) {
                return self.refuse(Refusal::DuplicateKey(key));
            }
            object.push(key, access.next_value_seed(member)?);
        }
        Ok(Value::Object(object.finish()))
    }
}

fn explain(text: &str, error: &serde_json::Error, refusal: Option<Refusal>) -> JsonError {
    let at = position(error);
    match refusal {
        Some(Refusal::DuplicateKey(key)) => JsonError::DuplicateKey {
            key: key.to_string(),
            at,
        },
        Some(Refusal::IntegerRange) => JsonError::IntegerRange(at),
        Some(Refusal::TooDeep) => JsonError::TooDeep(at),
        Some(Refusal::TooMany) => JsonError::TooMany(at),
        Some(Refusal::Float) if is_long_integer(text, at) => JsonError::IntegerRange(at),
        Some(Refusal::Float) => JsonError::Float(at),
        None => explain_syntax(error, at),
    }
}

/// Whether the number that ends at `at` has digits only and is not -0.
fn is_long_integer(text: &str, at: Position) -> bool {
    let line = text
        .split('\n')
        .nth(at.line.saturating_sub(1))
        .unwrap_or_default();
    let before = line.as_bytes().get(..at.column).unwrap_or_default();
    let digits = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let prefix = before.get(..before.len() - digits).unwrap_or_default();
    digits > 1
        && !matches!(prefix.last(), Some(b'.' | b'e' | b'E' | b'+'))
        && !matches!(prefix, [.., b'e' | b'E', b'-'])
}

/// serde_json tells these apart by their text alone; the tests of this module hold the texts.
fn explain_syntax(error: &serde_json::Error, at: Position) -> JsonError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    match message {
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            JsonError::LoneSurrogate(at)
        }
        "number out of range" => JsonError::Float(at),
        other => JsonError::Syntax {
            message: other.to_owned(),
            at,
        },
    }
}

fn position(error: &serde_json::Error) -> Position {
    Position {
        line: error.line(),
        column: error.column(),
    }
}
