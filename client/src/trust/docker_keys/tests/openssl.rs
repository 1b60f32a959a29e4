//! Files that OpenSSL writes, and keys that it reads.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::*;
use super::{passphrase, private};

const PASSPHRASE: &str = "correct horse";

fn openssl(arguments: &str, stdin: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments}");
    output.stdout
}

/// The key in a text that OpenSSL wrote.
fn open(directory: &Path, text: &[u8]) -> Result<PrivateKey, KeyFileError> {
    let text = str::from_utf8(text).unwrap();
    let path = private(&directory.join("key.pem"), text);
    KeyFile::read(&path)?.open(Some(&passphrase(PASSPHRASE)))
}

#[test]
fn all_kinds_in_all_forms_are_the_same_key() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    fs::write(
        directory.join("pass"),
        format!("{PASSPHRASE}\n{PASSPHRASE}\n"),
    )
    .unwrap();
    let pass = directory.join("pass").display().to_string();
    for (kind, forms) in [
        ("EC -pkeyopt ec_paramgen_curve:P-256", &["ec"][..]),
        ("EC -pkeyopt ec_paramgen_curve:P-384", &["ec"]),
        ("RSA -pkeyopt rsa_keygen_bits:2048", &["rsa -traditional"]),
        ("ED25519", &[]),
    ] {
        let pkcs8 = openssl(&format!("genpkey -algorithm {kind}"), b"");
        let public = openssl("pkey -pubout", &pkcs8);
        let mut written = vec![pkcs8.clone()];
        for ciphers in [
            "-v2 aes256 -v2prf hmacWithSHA1",
            "-v2 aes128",
            "-v2 aes192 -v2prf hmacWithSHA512",
            "-scrypt",
            "-v2 aes256 -iter 600000",
        ] {
            let arguments = format!("pkcs8 -topk8 {ciphers} -passout file:{pass}");
            written.push(openssl(&arguments, &pkcs8));
        }
        for form in forms {
            written.push(openssl(form, &pkcs8));
        }
        for text in written {
            let key = open(directory, &text).unwrap();
            assert_eq!(key.public().to_spki_pem().as_bytes(), public, "{kind}");
            // What an agent would be given is the same key to OpenSSL.
            let again = openssl("pkey -inform DER -pubout", key.pkcs8());
            assert_eq!(again, public, "{kind}");
            let signature = key.sign(b"message").unwrap();
            key.public().verify(b"message", &signature).unwrap();
        }
    }
    // With the parameters before it, as `openssl ecparam -genkey` writes.
    let text = openssl("ecparam -name prime256v1 -genkey", b"");
    assert!(text.starts_with(b"-----BEGIN EC PARAMETERS-----"));
    let public = openssl("pkey -pubout", &text);
    let key = open(directory, &text).unwrap();
    assert_eq!(key.public().to_spki_pem().as_bytes(), public);
}

#[test]
fn what_is_not_read_is_converted_by_the_command_that_the_error_gives() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    fs::write(
        directory.join("pass"),
        format!("{PASSPHRASE}\n{PASSPHRASE}\n"),
    )
    .unwrap();
    let pass = directory.join("pass").display().to_string();
    let pkcs8 = openssl(
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        b"",
    );
    let public = openssl("pkey -pubout", &pkcs8);
    for (written, reason) in [
        (
            format!("ec -aes256 -passout file:{pass}"),
            "single round of MD5",
        ),
        (
            format!("pkcs8 -topk8 -v2 des3 -passout file:{pass}"),
            "encrypted with a scheme that is not read",
        ),
        (
            format!("pkcs8 -topk8 -v1 PBE-SHA1-3DES -passout file:{pass}"),
            "encrypted with a scheme that is not read",
        ),
        (
            format!("pkcs8 -topk8 -iter 4000001 -passout file:{pass}"),
            "would be hashed 4000001 times",
        ),
    ] {
        let text = openssl(&written, &pkcs8);
        let error = open(directory, &text).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        let remedy = error.remedy();
        let command = remedy.split_once("openssl ").unwrap().1;
        let out = directory.join("new.pem").display().to_string();
        let command = command.replace("NEW.key", &out);
        openssl(
            &format!("{command} -passin file:{pass} -passout file:{pass}"),
            b"",
        );
        let text = fs::read(out).unwrap();
        let key = open(directory, &text).unwrap();
        assert_eq!(key.public().to_spki_pem().as_bytes(), public);
    }
}

#[test]
fn other_kinds_of_keys_have_their_own_texts() {
    let directory = tempfile::tempdir().unwrap();
    for (kind, reason) in [
        (
            "EC -pkeyopt ec_paramgen_curve:P-521",
            "on the curve 1.3.132.0.35",
        ),
        (
            "RSA -pkeyopt rsa_keygen_bits:1024",
            "RSA modulus of 1024 bits",
        ),
        ("ED448", "of algorithm 1.3.101.113"),
        (
            "RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "of algorithm 1.2.840.113549.1.1.10",
        ),
    ] {
        let text = openssl(&format!("genpkey -algorithm {kind}"), b"");
        let error = open(directory.path(), &text).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
