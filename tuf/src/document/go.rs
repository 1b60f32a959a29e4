//! A file of notary's dialect, byte for byte as Go prints it: notary-server hashes its own print of
//! what it was sent, not the bytes, so any other layout makes a repository that nobody can read.

use crate::canonical;
use crate::json::{Object, Value};

use super::SignatureEntry;

/// `{"signed":…,"signatures":[…]}` without whitespace, everything within in canonical form but for
/// what Go escapes.
pub(super) fn file(signed: &Object, signatures: &[SignatureEntry]) -> Vec<u8> {
    let mut file = b"{\"signed\":".to_vec();
    canonical::encode_object(signed, &mut file);
    file.extend_from_slice(b",\"signatures\":");
    let entries = signatures.iter().map(SignatureEntry::to_value);
    file.extend(canonical::encode(&Value::Array(entries.collect())));
    file.push(b'}');
    escaped(&file)
}

/// Go's encoding/json writes these so, wherever they stand, for the sake of HTML and JavaScript.
fn escaped(file: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len());
    let mut rest = file;
    while let [first, after @ ..] = rest {
        let (text, after): (&[u8], _) = match (first, after) {
            (b'<', _) => (b"\\u003c", after),
            (b'>', _) => (b"\\u003e", after),
            (b'&', _) => (b"\\u0026", after),
            (0xe2, [0x80, 0xa8, after @ ..]) => (b"\\u2028", after),
            (0xe2, [0x80, 0xa9, after @ ..]) => (b"\\u2029", after),
            (other, _) => (std::slice::from_ref(other), after),
        };
        out.extend_from_slice(text);
        rest = after;
    }
    out
}
