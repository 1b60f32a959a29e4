use std::env;
use std::io::{self, IsTerminal};

use secrecy::SecretString;

use super::error::{KeyFileError, Problem};
use super::file::KeyFile;
use super::private_key::PrivateKey;
use crate::show::escape;

/// The passphrases of key files: out of the variables that docker and notary take them from, else
/// typed by a person. What opened one file is tried on the next.
#[derive(Default)]
pub struct Passphrases {
    typed: Vec<SecretString>,
}

/// How often a person is asked for one file.
const TRIES: usize = 3;

/// The variables for a role, docker's first.
fn variables(role: Option<&str>) -> [&'static str; 2] {
    match role {
        Some("root") => [
            "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE",
            "NOTARY_ROOT_PASSPHRASE",
        ],
        Some("targets") => [REPOSITORY, "NOTARY_TARGETS_PASSPHRASE"],
        Some("snapshot") => [REPOSITORY, "NOTARY_SNAPSHOT_PASSPHRASE"],
        _ => [REPOSITORY, "NOTARY_DELEGATION_PASSPHRASE"],
    }
}

const REPOSITORY: &str = "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE";

impl Passphrases {
    /// Opens a file, asking where that is needed. `role` is what the key signs for, where that is
    /// known otherwise than from the file.
    ///
    /// # Errors
    /// Where no passphrase opens it, or nobody can be asked; and as [`KeyFile::open`].
    pub fn open(&mut self, file: &KeyFile, role: Option<&str>) -> Result<PrivateKey, KeyFileError> {
        if !file.is_encrypted() {
            return file.open(None);
        }
        let refuse = |problem| KeyFileError::new(file.path(), problem);
        let given = variables(role.or(file.role())).into_iter();
        let given = given.filter_map(|name| Some((name, env::var(name).ok()?)));
        let given: Vec<(&str, SecretString)> = given
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.into()))
            .collect();
        let known = given.iter().map(|(_, passphrase)| passphrase);
        for passphrase in known.chain(&self.typed) {
            match file.open(Some(passphrase)) {
                Err(error) if error.is_wrong_passphrase() => {}
                done => return done,
            }
        }
        if !given.is_empty() {
            let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
            return Err(refuse(Problem::PassphraseOf(names.join(" or "))));
        }
        self.ask(file, role)
    }

    fn ask(&mut self, file: &KeyFile, role: Option<&str>) -> Result<PrivateKey, KeyFileError> {
        let refuse = |problem| KeyFileError::new(file.path(), problem);
        if !io::stdin().is_terminal() {
            return Err(refuse(Problem::NoTerminal));
        }
        let role = role.or(file.role()).unwrap_or("private");
        let path = file.path().display().to_string();
        let prompt = format!("Passphrase of the {} key {}: ", escape(role), escape(&path));
        for _ in 0..TRIES {
            let typed = rpassword::prompt_password(&prompt).map_err(|e| refuse(e.into()))?;
            let typed = SecretString::from(typed);
            match file.open(Some(&typed)) {
                Err(error) if error.is_wrong_passphrase() => {}
                done => {
                    self.typed.push(typed);
                    return done;
                }
            }
        }
        Err(refuse(Problem::Passphrase))
    }
}
