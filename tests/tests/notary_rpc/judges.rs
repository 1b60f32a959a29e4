//! OpenSSL judges keys and signatures as notary has them.

use std::fs;
use std::path::Path;
use std::process::Command;

use privyseal_proto::notary::{PublicKey, Signature};
use privyseal_tests::openssl::agrees;
use privyseal_tuf::{Algorithm, Signature as Raw};
use ring::digest::{SHA256, digest};

/// Is this the key's signature over the content? ECDSA comes as r‖s, and OpenSSL reads DER.
pub(crate) fn verifies(key: &PublicKey, content: &[u8], signature: &Signature) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let content = write("content", content);
    assert_eq!(signature.content.len(), 64);
    match algorithm(key).as_str() {
        "ecdsa" => {
            let raw = Raw::from_raw(Algorithm::EcdsaP256, &signature.content).unwrap();
            let signature = write("signature", &hex::decode(raw.to_hex()).unwrap());
            let public = write("public", &key.public_key);
            agrees(&[
                "dgst",
                "-sha256",
                "-verify",
                &public,
                "-keyform",
                "DER",
                "-signature",
                &signature,
                &content,
            ])
        }
        "ed25519" => {
            // RFC 8410: what stands before the 32 bytes in a SubjectPublicKeyInfo.
            let prefix = hex::decode("302a300506032b6570032100").unwrap();
            let public = write("public", &[&prefix[..], &key.public_key].concat());
            let signature = write("signature", &signature.content);
            agrees(&[
                "pkeyutl", "-verify", "-pubin", "-inkey", &public, "-keyform", "DER", "-rawin",
                "-in", &content, "-sigfile", &signature,
            ])
        }
        other => panic!("no algorithm {other}"),
    }
}

/// The id that notary-server computes of a key.
pub(crate) fn id(key: &PublicKey) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("public");
    fs::write(&path, &key.public_key).unwrap();
    let canonical = format!(
        "{{\"keytype\":\"{}\",\"keyval\":{{\"private\":null,\"public\":\"{}\"}}}}",
        algorithm(key),
        base64(&path)
    );
    hex::encode(digest(&SHA256, canonical.as_bytes()))
}

fn base64(file: &Path) -> String {
    let mut command = Command::new("openssl");
    let ran = command.args(["base64", "-A", "-in"]).arg(file).output();
    String::from_utf8(ran.unwrap().stdout).unwrap()
}

fn algorithm(key: &PublicKey) -> String {
    let info = key.key_info.clone().unwrap();
    info.algorithm.unwrap().algorithm
}
