//! What notary-server has signed.

use privyseal_tests::metadata::in_days;

const HASHES: &str = "{\"sha256\":\"Fd1R4Ir5VIhPvcIMnmbPSQdvdCIHAUqv/HinehGPLQg=\"}";

/// A timestamp of this version, whose content depends on `salt`.
pub(crate) fn timestamp(version: u64, salt: u64) -> Vec<u8> {
    timestamp_in(version, salt, 14)
}

/// As [`timestamp`], which expires in so many days.
pub(crate) fn timestamp_in(version: u64, salt: u64, days: i64) -> Vec<u8> {
    let meta = format!("{{\"snapshot\":{}}}", entry(salt));
    document("Timestamp", version, days, &meta)
}

/// A snapshot of this version.
pub(crate) fn snapshot(version: u64, salt: u64) -> Vec<u8> {
    let entry = entry(salt);
    let meta = format!("{{\"root\":{entry},\"targets\":{entry},\"targets/releases\":{entry}}}");
    document("Snapshot", version, 1095, &meta)
}

/// The document of a role.
pub(crate) fn of(role: &str, version: u64, salt: u64) -> Vec<u8> {
    match role {
        "snapshot" => snapshot(version, salt),
        _ => timestamp(version, salt),
    }
}

fn entry(salt: u64) -> String {
    format!("{{\"hashes\":{HASHES},\"length\":{}}}", 1_000 + salt)
}

fn document(kind: &str, version: u64, days: i64, meta: &str) -> Vec<u8> {
    let expires = in_days(days);
    format!(
        "{{\"_type\":\"{kind}\",\"expires\":\"{expires}\",\"meta\":{meta},\"version\":{version}}}"
    )
    .into_bytes()
}
