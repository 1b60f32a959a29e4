use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::input;
use crate::Exit;
use crate::command::context::Context;
use crate::file::{self, Access};
use crate::show::{aloud, escape};

#[derive(Args, Debug)]
#[command(after_help = "\
The payload is what every key signs: the canonical form of the draft's \"signed\". Compare the
SHA-256 with those who sign the same draft. A signature comes back as bare bytes, DER, hex, base64
or PEM: `privyseal repo attach` takes it.

Examples:
  privyseal draft payload root-3.draft.json -o root-3.payload

  # ECDSA P-256 on a token: it signs the digest
  openssl dgst -sha256 -binary root-3.payload > root-3.digest
  pkcs11-tool --login --sign --id 01 --mechanism ECDSA -i root-3.digest -o root-3.sig

  # RSA-PSS on a token
  pkcs11-tool --login --sign --id 02 --mechanism SHA256-RSA-PKCS-PSS --salt-len 32 \\
      -i root-3.payload -o root-3.sig

  # in files
  openssl dgst -sha256 -sign ecdsa.pem -out root-3.sig root-3.payload
  openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \\
      -sign rsa.pem -out root-3.sig root-3.payload
  openssl pkeyutl -sign -rawin -inkey ed25519.pem -in root-3.payload -out root-3.sig")]
pub struct Payload {
    /// The draft file.
    file: PathBuf,
    /// Where to write the payload.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(command: &Payload, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let file = input::read(&command.file)?;
    let payload = file.document.payload();
    let (bytes, path) = (payload.bytes(), &command.output);
    file::write_atomically(path, &bytes, Access::Public)
        .with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(
        context.screen,
        "{}: {} {}, {} bytes\nSHA-256 {}",
        path.display(),
        escape(file.role.as_str()),
        file.version()?,
        bytes.len(),
        aloud(&payload.digest)
    )?;
    Ok(Exit::Done)
}
