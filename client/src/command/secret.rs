//! Secrets that a person types, or keeps in a file. They never come from the command line or the
//! environment, where others could see them.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::failure::Advice;
use crate::file::{open_to_others, read_secret};
use crate::show::{Hidden, escape};

/// More than any secret in a file has, in bytes.
const LONGEST: u64 = 1024;

/// Asks for a secret on the terminal, without showing what is typed. `what` is what is asked for,
/// such as "PIN of keystore hsm"; `otherwise` is the option that names a file with it.
pub(super) async fn typed(what: &str, otherwise: &str) -> anyhow::Result<Zeroizing<String>> {
    let nowhere = || {
        Advice::failed(
            format!("there is no terminal to type it on: {}", escape(what)),
            format!("run this command in a terminal, or give {otherwise} FILE"),
        )
    };
    if !io::stdin().is_terminal() {
        return Err(nowhere().into());
    }
    let asked = Hidden::ask(format!("{}: ", escape(what)));
    let mut asked = asked.map_err(|_| nowhere())?;
    let answer = asked.answer().await;
    let answer = answer.context("what was typed could not be read from the terminal")?;
    Ok(answer.ok_or_else(|| {
        Advice::failed(
            format!("nothing was typed: {}", escape(what)),
            "nothing was tried; give the same command again",
        )
    })?)
}

/// Reads a secret out of a file that only its owner may read, without the end of its line.
pub(super) fn in_file(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let others = open_to_others(&file).with_context(|| format!("cannot examine {shown}"))?;
    if others.is_some() {
        let message = format!("{shown} can be read by others, so what is in it is no secret");
        return Err(Advice::failed(message, format!("chmod 600 {shown}")).into());
    }
    let read = read_secret(file, LONGEST).with_context(|| format!("cannot read {shown}"))?;
    let text = read
        .as_ref()
        .and_then(|read| std::str::from_utf8(read).ok());
    let text = text.ok_or_else(|| {
        Advice::failed(
            format!("{shown} is no file with one line of text"),
            "nothing was tried; write the secret alone to a file of mode 0600",
        )
    })?;
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(text: &[u8], mode: u32) -> anyhow::Result<Zeroizing<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pin");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        in_file(&path)
    }

    #[test]
    fn a_secret_file_is_its_owners_alone() {
        assert_eq!(*file(b"1234\n", 0o600).unwrap(), "1234");
        assert_eq!(*file(b" 12 34\r\n", 0o400).unwrap(), " 12 34");
        let refused = file(b"1234", 0o640).unwrap_err().to_string();
        assert!(refused.contains("read by others") && !refused.contains("1234"));
        assert!(file(&[b'1'; 1025], 0o600).is_err());
        assert!(file(b"\xff", 0o600).is_err());
        assert!(in_file(Path::new("/dev/null")).is_err());
    }
}
