use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::command::proof::Proof;

#[derive(Args, Debug)]
#[command(after_help = "\
A YubiKey proves that a key was made in it, in which slot, and when it asks for the PIN or a touch:
with a certificate that leads to one of Yubico's. The agent verifies and records it. Here it is checked
that the certificate is of this key and says what the agent says; with --out it can be verified by
others, who trust neither.

Examples:
  privyseal key attest root-a
  privyseal key attest root-a --out proof && cd proof && \\
      openssl verify -CAfile root-a-root.pem -untrusted root-a-intermediates.pem root-a-attestation.pem
  privyseal key attest root-a --again
  privyseal key attest root-a --json | jq -r .serial")]
pub struct Attest {
    /// The key: NAME, or AGENT:NAME.
    #[arg(value_name = "KEY")]
    key: KeyRef,
    /// Have the YubiKey prove it anew, even where a proof is recorded (operators).
    #[arg(long)]
    again: bool,
    /// Write the certificates to files in this directory.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::command) async fn run(
    command: Attest,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut agents = context.agents(Vec::new()).await?;
    let keys = agents.keys().await?;
    let held = agents.resolve(&keys, &command.key)?;
    let proof = Proof::ask(&mut agents, held, command.again).await?;
    let files = command.out.as_deref();
    let files = files.map(|directory| proof.write(directory, false));
    let files = files.transpose()?;
    if command.json {
        context.screen.json(&proof.view())?;
        return Ok(Exit::Done);
    }
    proof.print(context.screen)?;
    let how = match (&files, &command.out) {
        (Some(files), Some(directory)) => format!(
            "checked: it is of this key. Who signed it, OpenSSL says, in {}:\n  {}\nand that it is of the key with this public half:\n  {}",
            directory.display(),
            files.command(),
            files.show_key()
        ),
        _ => "checked: it is of this key. Who signed it, OpenSSL says of the files that --out DIRECTORY writes"
            .to_owned(),
    };
    writeln!(context.screen, "{how}")?;
    Ok(Exit::Done)
}
