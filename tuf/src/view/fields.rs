//! Reads one field at a time; what goes wrong carries the field's path.

use super::error::{Fault, Problem, Within};
use crate::json::{Object, Value};
use crate::{Dialect, Hashes};

/// A field that must be there.
pub(super) fn required<T, E: Into<Fault>>(
    object: &Object,
    name: &str,
    parse: impl FnOnce(&Value) -> Result<T, E>,
) -> Result<T, Fault> {
    match object.get(name) {
        Some(value) => parse(value).within_key(name),
        None => Err(Problem::Missing).within_key(name),
    }
}

/// A field that may be left out.
pub(super) fn optional<T, E: Into<Fault>>(
    object: &Object,
    name: &str,
    parse: impl FnOnce(&Value) -> Result<T, E>,
) -> Result<Option<T>, Fault> {
    object
        .get(name)
        .map(|value| parse(value).within_key(name))
        .transpose()
}

pub(super) fn object(value: &Value) -> Result<&Object, Problem> {
    value.as_object().ok_or_else(|| kind("an object", value))
}

pub(super) fn array(value: &Value) -> Result<&[Value], Problem> {
    value.as_array().ok_or_else(|| kind("an array", value))
}

pub(super) fn text(value: &Value) -> Result<&str, Problem> {
    value.as_str().ok_or_else(|| kind("a string", value))
}

pub(super) fn integer(value: &Value) -> Result<i64, Problem> {
    value.as_integer().ok_or_else(|| kind("an integer", value))
}

pub(super) fn boolean(value: &Value) -> Result<bool, Problem> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(kind("a boolean", other)),
    }
}

/// 1 to 2⁵³−1, which is as far as a parsed integer goes.
pub(super) fn version(value: &Value) -> Result<u64, Problem> {
    let number = integer(value)?;
    u64::try_from(number)
        .ok()
        .filter(|version| *version > 0)
        .ok_or(Problem::Version(number))
}

/// Bytes of a file.
pub(super) fn length(value: &Value) -> Result<u64, Problem> {
    let number = integer(value)?;
    u64::try_from(number).map_err(|_| Problem::Length(number))
}

pub(super) fn hashes(value: &Value, dialect: Dialect) -> Result<Hashes, Problem> {
    Ok(Hashes::parse_in(dialect, object(value)?)?)
}

fn kind(expected: &'static str, value: &Value) -> Problem {
    Problem::Kind {
        expected,
        found: value.kind(),
    }
}
