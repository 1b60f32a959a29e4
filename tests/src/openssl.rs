//! OpenSSL as an outside judge of signatures and keys.

use std::fs;
use std::path::Path;
use std::process::Command;

use privyseal_proto::v1::{Key, Signed};
use privyseal_tuf::Document;

/// Runs `openssl`; true where it ends with success.
#[must_use]
pub fn agrees(arguments: &[&str]) -> bool {
    let ran = Command::new("openssl").args(arguments).output().unwrap();
    ran.status.success()
}

/// Does OpenSSL find that the key made this signature over the document's payload?
#[must_use]
pub fn verifies(key: &Key, document: &[u8], signed: &Signed) -> bool {
    let payload = Document::parse(document).unwrap().payload().bytes();
    verifies_bytes(key, &payload, signed)
}

/// Does OpenSSL find that the key made this signature over these bytes?
#[must_use]
pub fn verifies_bytes(key: &Key, message: &[u8], signed: &Signed) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        text(&path)
    };
    let public = write("public.pem", key.public_key.as_bytes());
    let message = write("message", message);
    let signature = write("signature", &hex::decode(&signed.sig).unwrap());
    let digest = ["dgst", "-sha256", "-verify", &public];
    let files = ["-signature", &signature, &message];
    match key.algorithm.as_str() {
        "ed25519" => agrees(&[
            "pkeyutl", "-verify", "-pubin", "-inkey", &public, "-rawin", "-in", &message,
            "-sigfile", &signature,
        ]),
        "ecdsa-p256" => agrees(&[&digest[..], &files].concat()),
        rsa if rsa.starts_with("rsa-pss-") => {
            let pss = [
                "-sigopt",
                "rsa_padding_mode:pss",
                "-sigopt",
                "rsa_pss_saltlen:32",
                "-sigopt",
                "rsa_mgf1_md:sha256",
            ];
            agrees(&[&digest[..], &pss, &files].concat())
        }
        other => panic!("no algorithm {other}"),
    }
}

/// Does OpenSSL read a private key in this file, as PEM or DER? It takes half a minute over half a
/// megabyte of no DER, and no private key in DER is longer than a few kilobytes.
#[must_use]
pub fn reads_private_key(file: &Path) -> bool {
    let short = fs::metadata(file).unwrap().len() <= 16 * 1024;
    let file = text(file);
    let reads = |form| {
        let given = ["-in", &file, "-inform", form, "-passin", "pass:", "-noout"];
        agrees(&[&["pkey"][..], &given].concat())
    };
    reads("PEM") || (short && reads("DER"))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
