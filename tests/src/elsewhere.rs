//! Signers that have nothing of Privy Seal: tools that sign the bytes of a payload.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pkcs11_tool;
use crate::python::Python;
use crate::token::Token;

/// A key in a file, for `openssl` and whoever else reads PEM.
#[derive(Debug, Clone)]
pub struct FileKey {
    kind: Kind,
    private: PathBuf,
    /// Its public key, PEM.
    pub public: PathBuf,
}

/// What a key in a file signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ECDSA P-256.
    P256,
    /// RSA of 2048 bits, PSS.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl FileKey {
    /// Makes one in a directory.
    #[must_use]
    pub fn generate(directory: &Path, name: &str, kind: Kind) -> Self {
        let (private, public) = (
            directory.join(format!("{name}.private.pem")),
            directory.join(format!("{name}.pem")),
        );
        let algorithm: &[&str] = match kind {
            Kind::P256 => &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Kind::Rsa => &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            Kind::Ed25519 => &["ed25519"],
        };
        let out = ["-out", text(&private)];
        openssl(&[&["genpkey", "-algorithm"][..], algorithm, &out].concat());
        let out = ["-pubout", "-out", text(&public)];
        openssl(&[&["pkey", "-in", text(&private)][..], &out].concat());
        Self {
            kind,
            private,
            public,
        }
    }

    /// Its private key, PEM.
    #[must_use]
    pub fn private(&self) -> &Path {
        &self.private
    }

    /// Has `openssl` sign, with `more` of its options: what the help of `privyseal draft payload`
    /// says.
    pub fn sign(&self, payload: &Path, signature: &Path, more: &[&str]) {
        let (key, payload) = (text(&self.private), text(payload));
        let out = ["-out", text(signature)];
        let digest = ["dgst", "-sha256", "-sign", key];
        let pss = [
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:32",
        ];
        match self.kind {
            Kind::P256 => openssl(&[&digest[..], more, &out, &[payload]].concat()),
            Kind::Rsa => openssl(&[&digest[..], &pss, more, &out, &[payload]].concat()),
            Kind::Ed25519 => openssl(
                &[
                    &["pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", payload][..],
                    more,
                    &out,
                ]
                .concat(),
            ),
        }
    }

    /// Has securesystemslib sign.
    pub fn sign_with_python(&self, python: &Python, payload: &Path, signature: &Path) {
        let arguments = [text(&self.private), text(payload)];
        let said = python.script("securesystemslib_sign.py", arguments, "");
        assert_eq!(said.status, 0, "{said:?}");
        fs::write(signature, said.stdout).unwrap();
    }
}

/// A key in a token without an agent, for `pkcs11-tool`.
#[derive(Debug, Clone)]
pub struct TokenKey {
    token: Token,
    id: String,
    /// Its public key, PEM.
    pub public: PathBuf,
}

impl TokenKey {
    /// Makes an ECDSA P-256 key. `id` is hex, its CKA_ID.
    #[must_use]
    pub fn generate(token: &Token, id: &str, directory: &Path) -> Self {
        let make = ["--keypairgen", "--key-type", "EC:prime256v1", "--id", id];
        pkcs11_tool::run(token, &make);
        Self::of(token, id, directory)
    }

    /// A key that is in a token.
    #[must_use]
    pub fn of(token: &Token, id: &str, directory: &Path) -> Self {
        let (der, public) = (
            directory.join(format!("{id}.der")),
            directory.join(format!("{id}.pem")),
        );
        let read = ["--read-object", "--type", "pubkey", "--id", id];
        pkcs11_tool::run(token, &[&read[..], &["--output-file", text(&der)]].concat());
        let (from, to) = (["-in", text(&der)], ["-out", text(&public)]);
        openssl(&[&["pkey", "-pubin", "-inform", "DER"][..], &from, &to].concat());
        Self {
            token: token.clone(),
            id: id.to_owned(),
            public,
        }
    }

    /// Has `pkcs11-tool` sign the payload's digest, in its format `rs`, `sequence` or `openssl`.
    pub fn sign(&self, payload: &Path, signature: &Path, format: &str) {
        let digest = signature.with_extension("digest");
        let hash = ["dgst", "-sha256", "-binary", "-out", text(&digest)];
        openssl(&[&hash[..], &[text(payload)]].concat());
        let sign = ["--sign", "--id", &self.id, "--mechanism", "ECDSA"];
        let files = ["-i", text(&digest), "-o", text(signature)];
        let format = ["--signature-format", format];
        pkcs11_tool::run(&self.token, &[&sign[..], &format, &files].concat());
    }
}

fn openssl(arguments: &[&str]) {
    let ran = Command::new("openssl").args(arguments).output().unwrap();
    assert!(ran.status.success(), "openssl {arguments:?}: {ran:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
