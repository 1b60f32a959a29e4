//! PINs and PUKs that the device has, and those that it is to have.

use std::path::Path;

use zeroize::Zeroizing;

use super::weak::why_not;
use crate::agent::{PIV, check_pin};
use crate::command::{device::not_sent, secret};
use crate::failure::Advice;
use crate::show::escape;

/// As often a person may type a new one that is weak or differs from its repetition.
const ATTEMPTS: usize = 3;

/// A PIN or PUK.
pub(super) type Secret = Zeroizing<String>;

/// Which of the two of which device is wanted, and how else than by typing it may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// "PIN" or "PUK".
    what: &'a str,
    keystore: &'a str,
    file: Option<&'a Path>,
    /// What names such a file.
    option: &'a str,
}

impl<'a> Wanted<'a> {
    /// The PIN that the device has.
    pub(super) fn pin(keystore: &'a str, file: Option<&'a Path>) -> Self {
        Self::of("PIN", keystore, file, "--pin-file")
    }

    /// The PIN that it is to have.
    pub(super) fn new_pin(keystore: &'a str, file: Option<&'a Path>) -> Self {
        Self::of("PIN", keystore, file, "--new-pin-file")
    }

    /// The PUK that the device has.
    pub(super) fn puk(keystore: &'a str, file: Option<&'a Path>) -> Self {
        Self::of("PUK", keystore, file, "--puk-file")
    }

    /// The PUK that it is to have.
    pub(super) fn new_puk(keystore: &'a str, file: Option<&'a Path>) -> Self {
        Self::of("PUK", keystore, file, "--new-puk-file")
    }

    fn of(what: &'a str, keystore: &'a str, file: Option<&'a Path>, option: &'a str) -> Self {
        Self {
            what,
            keystore,
            file,
            option,
        }
    }

    /// Reads the one that the device has. What can be none is not sent, and costs no try.
    pub(super) async fn present(&self) -> anyhow::Result<Secret> {
        let secret = match self.file {
            Some(file) => secret::in_file(file)?,
            None => {
                let what = format!("{} of {}", self.what, escape(self.keystore));
                secret::typed(&what, self.option).await?
            }
        };
        self.check(&secret)?;
        Ok(secret)
    }

    /// Reads the one that it is to have: typed twice, not easily guessed, and not the `other` one.
    pub(super) async fn new_one(&self, other: Option<(&str, &Secret)>) -> anyhow::Result<Secret> {
        if let Some(file) = self.file {
            let secret = secret::in_file(file)?;
            return match self.objection(&secret, other) {
                None => Ok(secret),
                Some(why) => {
                    let message = format!("{} has no new {}: {why}", file.display(), self.what);
                    Err(Advice::failed(message, "nothing was changed; choose another").into())
                }
            };
        }
        for _ in 0..ATTEMPTS {
            let what = format!("new {} for {}", self.what, escape(self.keystore));
            let secret = secret::typed(&what, self.option).await?;
            if let Some(why) = self.objection(&secret, other) {
                anstream::eprintln!("{why}; choose another");
                continue;
            }
            if secret::typed("the same again", self.option).await? == secret {
                return Ok(secret);
            }
            anstream::eprintln!("these were two different ones");
        }
        let message = format!("no new {} was chosen", self.what);
        Err(Advice::failed(message, "nothing was changed; give the same command again").into())
    }

    fn objection(&self, secret: &Secret, other: Option<(&str, &Secret)>) -> Option<String> {
        if let Err(why) = self.check(secret) {
            return Some(why.message);
        }
        if let Some((name, _)) = other.filter(|(_, other)| *other == secret) {
            return Some(format!(
                "it is the {name}: who finds out one would have both"
            ));
        }
        why_not(secret).map(str::to_owned)
    }

    /// PIN and PUK have the same form.
    fn check(&self, secret: &Secret) -> Result<(), Advice> {
        let checked = check_pin(PIV, secret).map_err(not_sent);
        checked.map_err(|mut why| {
            why.message = why.message.replace("PIN", self.what);
            why
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        (directory, path)
    }

    #[tokio::test]
    async fn what_can_be_no_puk_is_named_and_not_sent() {
        let (_directory, path) = file("4729165678\n");
        let refused = Wanted::puk("root-a", Some(&path)).present().await;
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("the PUK of a YubiKey has 6 to 8"),
            "{refused}"
        );
        let (_directory, path) = file("472 91");
        let present = Wanted::pin("root-a", Some(&path)).present().await;
        assert_eq!(*present.unwrap(), "472 91");
    }

    #[tokio::test]
    async fn a_new_one_is_neither_weak_nor_the_other_one() {
        let puk = Zeroizing::new("830174".to_owned());
        for (text, why) in [
            ("472916\n", None),
            ("830174\n", Some("it is the PUK")),
            ("123456\n", Some("follow each other")),
            ("4729\n", Some("6 to 8")),
            (
                "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut",
                Some("touched"),
            ),
        ] {
            let (_directory, path) = file(text);
            let wanted = Wanted::new_pin("root-a", Some(&path));
            let chosen = wanted.new_one(Some(("PUK", &puk))).await;
            match (chosen, why) {
                (Ok(chosen), None) => assert_eq!(*chosen, text.trim_end()),
                (Err(error), Some(why)) => {
                    let error = error.to_string();
                    assert!(
                        error.contains(why) && !error.contains(text.trim_end()),
                        "{error}"
                    );
                }
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
    }
}
