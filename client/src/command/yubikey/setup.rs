//! `privyseal yubikey setup`: each step looks first whether it is done already, so that a sitting that
//! was interrupted goes on where it ended.

mod key;
mod secrets;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::{YubiKey, yubi_key::Tries};
use privyseal_tuf::Algorithm;

use super::info::described;
use super::view::YubiKeyView;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::escape;
use key::Chosen;
use secrets::Sitting;

#[derive(Args, Debug)]
#[command(after_help = "\
Sets a PIN and a PUK of your choice and a random management key, which the YubiKey keeps under the PIN;
makes a root key that never leaves the YubiKey and asks for the PIN and a touch before each signature;
has the YubiKey prove that. What is done already is left as it is, so that the same command goes on
where it was interrupted.

What is not given is asked for. Secrets are typed, or read from files of mode 0600 or 0400.

Examples:
  privyseal yubikey setup root-a
  privyseal yubikey setup root-a --key root-1 --authority production --repository example.org/packages
  privyseal yubikey setup root-a --images --authority images --repository 'registry.example.org/**'
  privyseal yubikey setup root-a --yes --new-pin-file pin --new-puk-file puk \\
      --key root-1 --authority production --repository example.org/packages")]
pub struct Setup {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// The name of the key; where it is not asked for, that of the keystore.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// The authority in the agent's config that the key belongs to, such as "production".
    #[arg(long, value_name = "AUTHORITY")]
    authority: Option<String>,
    /// The repository that the key belongs to, such as "example.org/packages"; with --images also a
    /// glob.
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// The key signs roots of images (Docker Content Trust), through certificates.
    #[arg(long)]
    images: bool,
    /// ecdsa-p256 or rsa-pss-2048; from firmware 5.7 also ed25519 (not for images), rsa-pss-3072 or
    /// rsa-pss-4096; for images also ecdsa-p384.
    #[arg(long, default_value = "ecdsa-p256", value_name = "ALGORITHM")]
    algorithm: Algorithm,
    /// The slot: 9a, 9c, 9d, 9e, or 82 to 95.
    #[arg(long, value_name = "SLOT", default_value = "9c")]
    slot: String,
    /// Read the PIN that was set before from a file.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// Read the PIN that is to be set from a file.
    #[arg(long, value_name = "FILE")]
    new_pin_file: Option<PathBuf>,
    /// Read the PUK that is to be set from a file.
    #[arg(long, value_name = "FILE")]
    new_puk_file: Option<PathBuf>,
    /// Read the management key that was set before, in hex, from a file.
    #[arg(long, value_name = "FILE")]
    management_key_file: Option<PathBuf>,
    /// Do not ask whether to begin.
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(command: Setup, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let yubikey = described(&agent, &command.keystore).await?;
    YubiKeyView::from(yubikey.clone()).print(context.screen)?;
    writeln!(context.screen)?;
    not_blocked(&yubikey)?;
    if !command.yes {
        let question = format!("Set YubiKey {} up?", escape(&yubikey.serial));
        context.confirm(&question, "nothing was changed")?;
    }
    // All questions that need thought come before anything is changed.
    let chosen = Chosen::of(&command, &yubikey, context)?;
    let mut sitting = Sitting::new(&agent, &command, &yubikey);
    sitting.set_pin(context).await?;
    sitting.set_puk(context).await?;
    sitting.set_management_key(context).await?;
    let name = chosen.make(&mut sitting, context).await?;
    key::prove(&agent, &name, context).await?;
    key::print_next(&command, &chosen, &name, context)?;
    Ok(Exit::Done)
}

/// Of blocked ones this is not the way out.
fn not_blocked(yubikey: &YubiKey) -> Result<(), Advice> {
    let left = |tries: &Option<_>| tries.as_ref().and_then(|of: &Tries| of.left);
    let few = |tries| left(tries).is_some_and(|left| left < 2);
    let keystore = escape(&yubikey.keystore);
    match (few(&yubikey.pin), few(&yubikey.puk)) {
        (false, false) => Ok(()),
        (true, false) => Err(Advice::failed(
            "the PIN is blocked, or has its last try",
            format!("set a new one with the PUK: privyseal yubikey unblock {keystore}"),
        )),
        (_, true) => Err(Advice::failed(
            "the PUK is blocked, or has its last try",
            format!(
                "where no key on it is needed any more, make it new: ykman --device {} piv reset",
                escape(&yubikey.serial)
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blocked_is_not_set_up() {
        let of = |pin, puk| {
            let tries = |left| {
                Some(Tries {
                    left: Some(left),
                    ..Tries::default()
                })
            };
            not_blocked(&YubiKey {
                keystore: "root-a".to_owned(),
                pin: tries(pin),
                puk: tries(puk),
                ..YubiKey::default()
            })
        };
        assert_eq!(of(2, 2), Ok(()));
        let pin = of(1, 3).unwrap_err();
        assert!(
            pin.remedy.contains("privyseal yubikey unblock root-a"),
            "{pin:?}"
        );
        assert!(of(0, 3).unwrap_err().message.contains("the PIN"));
        for (pin, puk) in [(3, 1), (0, 0)] {
            assert!(of(pin, puk).unwrap_err().remedy.contains("piv reset"));
        }
        assert_eq!(not_blocked(&YubiKey::default()), Ok(()));
    }
}
