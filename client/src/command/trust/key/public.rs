//! Public keys, certificates and requests as files.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use privyseal_tuf::PublicKey;

use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::hands::Hand;

/// PEM with the header that says whose it is, as `docker trust key generate` writes it: of a signer
/// the name, of others the role.
pub(super) fn pem_of(hand: &Hand, public: &PublicKey) -> String {
    let key = &hand.held.key;
    let role = match key.role.as_str() {
        "delegation" => &key.name,
        role => role,
    };
    with_role(public, role)
}

/// PEM with a header `role`.
pub(super) fn with_role(public: &PublicKey, role: &str) -> String {
    let pem = public.to_spki_pem();
    match pem.split_once('\n') {
        Some((begin, rest)) => format!("{begin}\nrole: {role}\n\n{rest}"),
        None => pem,
    }
}

/// Refuses a file that is there already.
pub(super) fn refuse_existing(path: &Path) -> Result<(), Advice> {
    match path.symlink_metadata().is_ok() {
        true => Err(exists(path)),
        false => Ok(()),
    }
}

/// Writes a new file.
pub(super) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o644);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path).into()),
        Err(error) => {
            let message = format!("{} can't be written: {error}", path.display());
            Err(Advice::failed(message, "give another file").into())
        }
        Ok(()) => Ok(()),
    }
}

/// Writes to a new file where one is named, else to standard output.
pub(super) fn give(
    text: &str,
    output: Option<&Path>,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    match output {
        Some(path) => {
            write_new(path, text)?;
            Ok(writeln!(context.screen, "wrote {}", path.display())?)
        }
        None => Ok(write!(context.screen, "{text}")?),
    }
}

fn exists(path: &Path) -> Advice {
    Advice::failed(
        format!("{} is there already", path.display()),
        "nothing was made; remove it, or name another",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::change::read_key;

    #[test]
    fn the_role_stands_where_docker_puts_it() {
        let pem = with_role(&PublicKey::ed25519(&[7; 32]), "alice");
        let begin = "-----BEGIN PUBLIC KEY-----\nrole: alice\n\nMC";
        assert!(pem.starts_with(begin), "{pem}");
        assert_eq!(read_key(&pem, 0).unwrap().signer.as_deref(), Some("alice"));
    }

    #[test]
    fn nothing_is_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pub");
        refuse_existing(&path).unwrap();
        write_new(&path, "one").unwrap();
        assert!(refuse_existing(&path).is_err());
        assert!(write_new(&path, "two").is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert!(write_new(&directory.path().join("no/a.pub"), "").is_err());
    }
}
