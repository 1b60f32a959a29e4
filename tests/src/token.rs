//! SoftHSM2 tokens.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::Sandbox;

/// A directory of tokens: what one `SOFTHSM2_CONF` shows.
#[derive(Debug, Clone)]
pub struct Tokens {
    directory: PathBuf,
}

/// One token. Its PINs are random.
#[derive(Debug, Clone)]
pub struct Token {
    label: String,
    serial: String,
    pin: String,
    pin_file: PathBuf,
    objects: PathBuf,
    away: PathBuf,
    conf: PathBuf,
}

impl Tokens {
    /// No token yet, in `name` of the sandbox.
    #[must_use]
    pub fn new(sandbox: &Sandbox, name: &str) -> Self {
        let directory = sandbox.directory(name);
        fs::create_dir(directory.join("tokens")).unwrap();
        fs::create_dir(directory.join("away")).unwrap();
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            directory.join("tokens").display()
        );
        fs::write(directory.join("softhsm2.conf"), conf).unwrap();
        Self { directory }
    }

    /// What `SOFTHSM2_CONF` names.
    #[must_use]
    pub fn conf(&self) -> PathBuf {
        self.directory.join("softhsm2.conf")
    }

    /// Makes a token.
    #[must_use]
    pub fn token(&self, label: &str) -> Token {
        let before = self.present();
        let (pin, so_pin) = (random_pin(), random_pin());
        let made = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", self.conf())
            .args(["--init-token", "--free", "--label", label])
            .args(["--pin", &pin, "--so-pin", &so_pin])
            .output()
            .unwrap();
        assert!(made.status.success(), "softhsm2-util: {made:?}");
        let objects = self.present().difference(&before).next().unwrap().clone();
        let name = objects.file_name().unwrap().to_str().unwrap();
        // SoftHSM2 takes the last sixteen digits of the token's UUID for its serial number.
        let digits: String = name.chars().filter(|c| *c != '-').collect();
        let pin_file = self.directory.join(format!("{label}.pin"));
        write_secret(&pin_file, &pin);
        Token {
            label: label.to_owned(),
            serial: digits[digits.len() - 16..].to_owned(),
            pin,
            pin_file,
            away: self.directory.join("away").join(name),
            objects,
            conf: self.conf(),
        }
    }

    fn present(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(self.directory.join("tokens")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Token {
    /// Its label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its serial number.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The user PIN.
    #[must_use]
    pub fn pin(&self) -> &str {
        &self.pin
    }

    /// A file with the user PIN that only its owner may read.
    #[must_use]
    pub fn pin_file(&self) -> &Path {
        &self.pin_file
    }

    /// Its URI (RFC 7512).
    #[must_use]
    pub fn uri(&self) -> String {
        format!("pkcs11:token={};serial={}", self.label, self.serial)
    }

    /// What `SOFTHSM2_CONF` names for it.
    #[must_use]
    pub fn conf(&self) -> &Path {
        &self.conf
    }

    /// Where SoftHSM2 keeps its objects while it is there.
    #[must_use]
    pub fn objects(&self) -> &Path {
        &self.objects
    }

    /// Pulls it out.
    pub fn vanish(&self) {
        fs::rename(&self.objects, &self.away).unwrap();
    }

    /// Puts it back.
    pub fn come_back(&self) {
        fs::rename(&self.away, &self.objects).unwrap();
    }
}

/// Writes a file that only its owner may read.
pub fn write_secret(path: &Path, secret: &str) {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).unwrap();
    file.write_all(secret.as_bytes()).unwrap();
}

fn random_pin() -> String {
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut bytes)
        .unwrap();
    format!("{:012}", u64::from_le_bytes(bytes) % 1_000_000_000_000)
}
