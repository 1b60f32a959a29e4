//! Which key of a token is the private half of a public one.

use std::fs;
use std::path::Path;

use privyseal_tests::token::Token;
use privyseal_tests::{openssl, pkcs11_tool};

/// What `pkcs11-tool` lists of the private key on the token whose signature OpenSSL verifies under
/// this public key (PEM), if there is one.
pub(crate) fn private_half(token: &Token, public: &str) -> Option<String> {
    let scratch = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = scratch.path().join(name);
        fs::write(&path, content).unwrap();
        text(&path)
    };
    let public = write("public.pem", public.as_bytes());
    let digest = write("digest", &[7; 32]);
    let signature = text(&scratch.path().join("signature"));
    let mut keys = pkcs11_tool::private_keys(token).into_iter();
    keys.find(|key| {
        if !key.contains("notary-") {
            return false;
        }
        let sign = ["--sign", "--mechanism", "ECDSA", "--id", id(key)];
        let files = ["--input-file", &digest, "--output-file", &signature];
        let form = ["--signature-format", "openssl"];
        pkcs11_tool::run(token, &[&sign[..], &files, &form].concat());
        let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", &public];
        let files = ["-in", &digest, "-sigfile", &signature];
        openssl::agrees(&[&verify[..], &files].concat())
    })
}

/// The `CKA_ID` that it lists, hex.
fn id(key: &str) -> &str {
    let mut lines = key.lines().map(str::trim);
    let id = lines.find_map(|line| line.strip_prefix("ID:")).unwrap();
    id.trim()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
