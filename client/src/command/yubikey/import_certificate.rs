use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use privyseal_proto::v1::ImportCertificateRequest;

use super::change::done;
use crate::Exit;
use crate::command::context::Context;
use crate::command::device::AccessFiles;
use crate::file::read_at_most;

/// More than a YubiKey has room for, in PEM.
const LONGEST: u64 = 16 * 1024;

#[derive(Args, Debug)]
#[command(after_help = "\
Some programs find a key on a YubiKey only by the certificate that stands beside it. The agent needs
none: it knows its keys by slot and public key. One of another key than the slot's is refused, and one
that stands there already is replaced.

Examples:
  privyseal yubikey import-certificate root-a 9c root-a.crt
  privyseal yubikey import-certificate root-a 9c root-a.crt --pin-file pin")]
pub struct ImportCertificate {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// The slot: 9a, 9c, 9d, 9e, or 82 to 95.
    slot: String,
    /// The certificate, PEM or DER.
    certificate: PathBuf,
    #[command(flatten)]
    access: AccessFiles,
}

pub(super) async fn run(
    command: ImportCertificate,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let keystore = &command.keystore;
    let shown = command.certificate.display();
    let certificate = read_at_most(&command.certificate, LONGEST);
    let certificate = certificate.with_context(|| format!("cannot read {shown}"))?;
    let request = ImportCertificateRequest {
        keystore: keystore.clone(),
        access: Some(command.access.open(&agent, keystore).await?),
        slot: command.slot,
        certificate,
    };
    let reply = agent.yubikeys().import_certificate(request).await;
    let record = reply.map_err(|status| agent.error(&status))?.into_inner();
    done(
        "the certificate is in its slot",
        keystore,
        record.record,
        context,
    )
}
