//! What Go would print of a document that it has read: notary-server hashes that, not the bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json::{JsonPath, Object, Value};
use crate::{Document, RoleType, SignatureEntry};

use super::fields::Fields;
use super::{Problem, SignedError};

/// Why Go would print a file otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAsGoPrints {
    /// A field that Go leaves out, or adds.
    #[error(transparent)]
    Field(#[from] SignedError),
    /// The same document has other bytes.
    #[error("Go would write other bytes, from byte {0} (counted from 0) on")]
    Bytes(usize),
}

/// Whether `signed` survives being read and printed by Go: it has notary's fields for the role, all
/// of them and no others, and nothing that Go can't print. Types and names are the view's to check.
///
/// # Errors
/// The first field that would be lost, added, or refused.
pub fn go_keeps(document: &Document, role: RoleType) -> Result<(), SignedError> {
    let signed = document.signed();
    let fields = Fields::top(signed);
    match role {
        RoleType::Root => root(fields)?,
        RoleType::Targets => targets(fields)?,
        RoleType::Snapshot | RoleType::Timestamp => {
            fields.exactly(&["_type", "expires", "meta", "version"])?;
        }
    }
    printable_members(signed, &JsonPath::default())
}

/// Whether the whole file is, byte for byte, what Go prints of it: what notary-server may be sent
/// where it signs the snapshot itself.
///
/// # Errors
/// The first field that Go changes, or the first byte that differs.
pub fn as_go_prints(document: &Document, role: RoleType) -> Result<(), NotAsGoPrints> {
    go_keeps(document, role)?;
    for (at, entry) in document.signatures().iter().enumerate() {
        let path = JsonPath::default().key("signatures").index(at);
        signature(entry, path)?;
    }
    let (found, printed) = (document.bytes(), document.as_go());
    if *found == *printed {
        return Ok(());
    }
    let pairs = found.iter().zip(printed.iter());
    Err(NotAsGoPrints::Bytes(
        pairs.take_while(|(a, b)| a == b).count(),
    ))
}

fn signature(entry: &SignatureEntry, path: JsonPath) -> Result<(), SignedError> {
    let value = entry.to_value();
    let entry = Fields::of(&value, path)?.exactly(&["keyid", "method", "sig"])?;
    let method = entry.text("method")?;
    // Go reads a method in any case, and prints it in lower case.
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if method.is_empty() || !method.bytes().all(plain) {
        return Err(entry.wrong("method", Problem::Method));
    }
    has_no_control(entry.text("keyid")?, &JsonPath::default().key("keyid"))?;
    if STANDARD.decode(entry.text("sig")?).is_err() {
        return Err(entry.wrong("sig", Problem::Base64));
    }
    Ok(())
}

fn root(signed: Fields<'_>) -> Result<(), SignedError> {
    let signed = signed.exactly(&[
        "_type",
        "consistent_snapshot",
        "expires",
        "keys",
        "roles",
        "version",
    ])?;
    keys(&signed)?;
    let names = RoleType::ALL.map(RoleType::as_str);
    let roles = signed.object("roles")?.exactly(&names)?;
    for role in roles.objects() {
        role?.1.exactly(&["keyids", "threshold"])?;
    }
    Ok(())
}

fn targets(signed: Fields<'_>) -> Result<(), SignedError> {
    let signed = signed.exactly(&["_type", "delegations", "expires", "targets", "version"])?;
    for target in signed.object("targets")?.objects() {
        let target = target?.1.between(&["hashes", "length"], &["custom"])?;
        target.is_printed("custom")?;
    }
    let delegations = signed.object("delegations")?.exactly(&["keys", "roles"])?;
    keys(&delegations)?;
    for role in delegations.items("roles")? {
        let role = role?.between(&["keyids", "name", "threshold"], &["paths"])?;
        role.is_printed("paths")?;
    }
    Ok(())
}

fn keys(beside: &Fields<'_>) -> Result<(), SignedError> {
    for key in beside.object("keys")?.objects() {
        let key = key?.1.exactly(&["keytype", "keyval"])?;
        let keyval = key.object("keyval")?.exactly(&["private", "public"])?;
        keyval.null("private")?;
    }
    Ok(())
}

/// Go's canonical form has control characters as they are, which its own reader then refuses.
fn printable(value: &Value, path: &JsonPath) -> Result<(), SignedError> {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => Ok(()),
        Value::String(text) => has_no_control(text, path),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(at, item)| printable(item, &path.index(at)))
        }
        Value::Object(object) => printable_members(object, path),
    }
}

fn printable_members(object: &Object, path: &JsonPath) -> Result<(), SignedError> {
    object.iter().try_for_each(|(name, value)| {
        let path = path.key(name);
        has_no_control(name, &path)?;
        printable(value, &path)
    })
}

fn has_no_control(text: &str, path: &JsonPath) -> Result<(), SignedError> {
    if !text.bytes().any(|byte| byte < 0x20) {
        return Ok(());
    }
    Err(SignedError::Field {
        path: path.clone(),
        problem: Problem::Control,
    })
}
