//! Public keys by their points on P-256: those that a root names, and those that a token has.

use std::collections::BTreeSet;

use base64::prelude::{BASE64_STANDARD as STANDARD, Engine as _};
use privyseal_tests::notary::NotaryServer;
use privyseal_tests::pkcs11_tool;
use privyseal_tests::token::Token;
use privyseal_tuf::notary::Certificate;
use serde_json::Value;

/// The points of every key that the last root of a repository names, as a token shows them.
pub(crate) fn of_root(server: &NotaryServer, gun: &str) -> BTreeSet<String> {
    let root: Value = serde_json::from_slice(&server.file(gun, "root.json")).unwrap();
    let keys = root["signed"]["keys"].as_object().unwrap().values();
    keys.map(of_key).collect()
}

fn of_key(key: &Value) -> String {
    let public = STANDARD.decode(key["keyval"]["public"].as_str().unwrap());
    let public = public.unwrap();
    let spki = match key["keytype"].as_str() {
        Some("ecdsa-x509") => Certificate::from_pem(&public).unwrap().spki,
        _ => public,
    };
    // The point is the end of a SubjectPublicKeyInfo; pkcs11-tool shows it as an octet string.
    format!("0441{}", hex::encode(&spki[spki.len() - 65..]))
}

/// The points of the keys on a token, hex, as pkcs11-tool lists them.
pub(crate) fn on(token: &Token) -> BTreeSet<String> {
    let listed = pkcs11_tool::run(token, &["--list-objects", "--type", "pubkey"]);
    let lines = listed.lines();
    let points = lines.filter_map(|line| line.trim().strip_prefix("EC_POINT:"));
    points.map(|point| point.trim().to_owned()).collect()
}
