//! Canonical JSON: the form that is signed and hashed.
//!
//! This is OLPC canonical JSON, which the specification names (section 4.2), not RFC 8785: UTF-8,
//! keys sorted by code point, no whitespace, integers only, and in strings only `"` and `\` are
//! escaped. A line feed in a PEM text stands there as a raw byte, so the result need not be JSON.

use sha2::{Digest, Sha256};

use crate::Sha256Digest;
use crate::json::{Object, Value};

/// What takes the form piece by piece.
trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Hashes what it takes, without keeping it.
#[derive(Default)]
struct Hashing {
    hasher: Sha256,
    /// What a hasher takes at once costs much less than many small pieces.
    pending: Vec<u8>,
}

impl Hashing {
    const PIECE: usize = 1 << 14;

    fn flush(&mut self) {
        self.hasher.update(&self.pending);
        self.pending.clear();
    }
}

impl Sink for Hashing {
    fn put(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= Self::PIECE {
            self.flush();
        }
    }
}

/// The SHA-256 of an object's canonical form.
pub fn digest(object: &Object) -> Sha256Digest {
    let mut hashing = Hashing::default();
    put_object(object, &mut hashing);
    hashing.flush();
    <[u8; 32]>::from(hashing.hasher.finalize()).into()
}

/// The canonical form of `value`.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    put_value(value, &mut out);
    out
}

/// The canonical form of an object with these members.
pub fn encode_object(object: &Object, out: &mut Vec<u8>) {
    put_object(object, out);
}

fn put_object(object: &Object, out: &mut impl Sink) {
    out.put(b"{");
    for (index, (key, value)) in object.iter().enumerate() {
        if index > 0 {
            out.put(b",");
        }
        put_string(key, out);
        out.put(b":");
        put_value(value, out);
    }
    out.put(b"}");
}

fn put_value(value: &Value, out: &mut impl Sink) {
    match value {
        Value::Null => out.put(b"null"),
        Value::Bool(true) => out.put(b"true"),
        Value::Bool(false) => out.put(b"false"),
        Value::Integer(number) => put_integer(*number, out),
        Value::String(text) => put_string(text, out),
        Value::Array(items) => put_array(items, out),
        Value::Object(object) => put_object(object, out),
    }
}

fn put_array(items: &[Value], out: &mut impl Sink) {
    out.put(b"[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.put(b",");
        }
        put_value(item, out);
    }
    out.put(b"]");
}

fn put_integer(number: i64, out: &mut impl Sink) {
    out.put(number.to_string().as_bytes());
}

fn put_string(text: &str, out: &mut impl Sink) {
    out.put(b"\"");
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let (plain, escaped) = rest.split_at(at);
        let (special, after) = escaped.split_at(1);
        out.put(plain);
        out.put(b"\\");
        out.put(special);
        rest = after;
    }
    out.put(rest);
    out.put(b"\"");
}

#[cfg(test)]
mod tests;
