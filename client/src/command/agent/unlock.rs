use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use privyseal_proto::v1::UnlockRequest;
use zeroize::Zeroizing;

use super::view::KeystoreView;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::escape;

/// PKCS#11 tokens take PINs of at most 255 bytes.
const LONGEST_PIN: u64 = 255;

#[derive(Args, Debug)]
#[command(after_help = "\
The PIN is typed on the terminal, or read from a file that only its owner may read; it is never
taken from the command line or the environment, where others could see it.

Examples:
  privyseal agent unlock hsm
  privyseal agent unlock hsm --pin-file /run/user/1000/pin
  privyseal agent unlock hsm --again     (the agent's own PIN source, after a failed attempt)")]
pub struct Unlock {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// Read the PIN from a file of mode 0600 or 0400.
    #[arg(long, value_name = "FILE", conflicts_with = "again")]
    pin_file: Option<PathBuf>,
    /// Let the agent use its configured PIN source once more.
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(command: Unlock, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let mut pin = match (&command.pin_file, command.again) {
        (_, true) => Zeroizing::default(),
        (Some(path), false) => read_pin(path)?,
        (None, false) => ask_pin(&command.keystore)?,
    };
    let request = UnlockRequest {
        keystore: command.keystore,
        pin: std::mem::take(&mut *pin),
        again: command.again,
    };
    let reply = agent.admin().unlock(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let keystore = reply
        .keystore
        .ok_or_else(|| agent.wrong_answer("the keystore is missing"))?;
    let view = KeystoreView::from(keystore);
    view.print(context.screen)?;
    Ok(if view.is_ready() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn ask_pin(keystore: &str) -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        return Err(Advice::failed(
            "there is no terminal to type the PIN on",
            "run this command in a terminal, or give --pin-file FILE",
        )
        .into());
    }
    let typed = rpassword::prompt_password(format!("PIN of keystore {}: ", escape(keystore)))
        .context("the PIN could not be read from the terminal")?;
    not_empty(Zeroizing::new(typed))
}

fn read_pin(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot examine {shown}"))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        let message = format!("{shown} can be read by others, so the PIN in it is no secret");
        return Err(Advice::failed(message, format!("chmod 600 {shown}")).into());
    }
    // The capacity is there from the start: a growing buffer would leave copies behind.
    let mut pin = Zeroizing::new(String::with_capacity(LONGEST_PIN as usize + 2));
    file.take(LONGEST_PIN + 2)
        .read_to_string(&mut pin)
        .with_context(|| format!("cannot read {shown}"))?;
    let length = pin.trim_end_matches(['\r', '\n']).len();
    pin.truncate(length);
    not_empty(pin)
}

fn not_empty(pin: Zeroizing<String>) -> anyhow::Result<Zeroizing<String>> {
    match pin.len() as u64 {
        0 => Err(Advice::failed(
            "the PIN is empty",
            "nothing was tried; give the token's PIN",
        )
        .into()),
        1..=LONGEST_PIN => Ok(pin),
        _ => {
            Err(Advice::failed("the PIN is longer than a token takes", "nothing was tried").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    fn pin_file(text: &str, mode: u32) -> anyhow::Result<Zeroizing<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pin");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        read_pin(&path)
    }

    #[test]
    fn a_pin_file_is_its_owners_alone() {
        assert_eq!(*pin_file("1234\n", 0o600).unwrap(), "1234");
        assert_eq!(*pin_file(" 12 34\r\n", 0o400).unwrap(), " 12 34");
        assert!(
            pin_file("1234", 0o640)
                .unwrap_err()
                .to_string()
                .contains("read by others")
        );
        assert!(pin_file("\n", 0o600).is_err());
        assert!(pin_file(&"1".repeat(256), 0o600).is_err());
    }
}
