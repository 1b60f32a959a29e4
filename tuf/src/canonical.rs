//! Canonical JSON: the form that is signed and hashed.
//!
//! This is OLPC canonical JSON, which the specification names (section 4.2), not RFC 8785: UTF-8,
//! keys sorted by code point, no whitespace, integers only, and in strings only `"` and `\` are
//! escaped. A line feed in a PEM text stands there as a raw byte, so the result need not be JSON.

use std::io::Write;

use crate::json::{Object, Value};

/// The canonical form of `value`.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_value(value, &mut out);
    out
}

/// The canonical form of an object with these members.
pub fn encode_object(object: &Object, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (key, value)) in object.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_string(key, out);
        out.push(b':');
        encode_value(value, out);
    }
    out.push(b'}');
}

fn encode_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Integer(number) => encode_integer(*number, out),
        Value::String(text) => encode_string(text, out),
        Value::Array(items) => encode_array(items, out),
        Value::Object(object) => encode_object(object, out),
    }
}

fn encode_array(items: &[Value], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_value(item, out);
    }
    out.push(b']');
}

fn encode_integer(number: i64, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{number}");
}

fn encode_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let (plain, escaped) = rest.split_at(at);
        let (special, after) = escaped.split_at(1);
        out.extend_from_slice(plain);
        out.push(b'\\');
        out.extend_from_slice(special);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests;
