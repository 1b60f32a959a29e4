//! Two virtual YubiKeys, and programs that find them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use privyseal_tests::client::Answer;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::{openssl, require};
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Authority, Firmware, Profile, VirtualYubiKey};

/// The firmware that brought AES to the management key, and many devices have for good.
pub(crate) const OLDER: Firmware = Firmware(5, 4, 3);
/// The first with Ed25519.
pub(crate) const NEWER: Firmware = Firmware(5, 7, 1);

/// The PIN that a YubiKey leaves the factory with.
pub(crate) const PIN: &str = "123456";
/// Its PUK.
pub(crate) const PUK: &str = "12345678";
/// Its management key.
pub(crate) const MANAGEMENT_KEY: &str = "010203040506070801020304050607080102030405060708";

/// The YubiKeys of a test, as they leave the factory, and where they are plugged in.
pub(crate) struct Stage {
    /// The one that is looked at.
    pub(crate) yubikey: VirtualYubiKey,
    /// Another one beside it.
    pub(crate) other: VirtualYubiKey,
    pub(crate) plugboard: Plugboard,
    pub(crate) sandbox: Sandbox,
}

impl Stage {
    /// Both are plugged in. Says that the test is skipped where this machine has no readers for them,
    /// or lacks one of the programs.
    pub(crate) fn new(firmware: Firmware, programs: &[&str]) -> Option<Self> {
        if let Some(why) = Plugboard::missing() {
            require::skip(why);
            return None;
        }
        if !programs.iter().all(|program| require::program(program)) {
            return None;
        }
        let sandbox = Sandbox::new();
        let maker = Authority::new();
        sandbox.write("root.pem", maker.root_pem());
        let yubikey = |serial| VirtualYubiKey::made_by(&maker, Profile::new(serial, firmware));
        let (yubikey, other) = (yubikey(15_012_345), yubikey(15_067_890));
        let mut plugboard = Plugboard::new(&sandbox.directory("plugboard"), 2);
        plugboard.plug(&yubikey);
        plugboard.plug(&other);
        // ykman kills those who might keep a YubiKey from it, by name.
        let programs = sandbox.directory("programs");
        let kill = sandbox.write("programs/pkill", "#!/bin/sh\nexit 1\n");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(kill, executable).unwrap();
        assert!(programs.is_dir());
        Some(Self {
            yubikey,
            other,
            plugboard,
            sandbox,
        })
    }

    /// The serial number of the one that is looked at.
    pub(crate) fn serial(&self) -> String {
        self.yubikey.profile().serial.to_string()
    }

    /// A path in the test's directory, as an argument.
    pub(crate) fn path(&self, name: &str) -> String {
        self.sandbox.join(name).to_str().unwrap().to_owned()
    }

    /// What a file in the test's directory says.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.sandbox.join(name)).unwrap()
    }

    /// A program that finds the YubiKeys, in the test's directory.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut first = self.sandbox.join("programs").into_os_string();
        first.push(":");
        first.push(path);
        let mut command = Command::new(program);
        command
            .env("PATH", first)
            .env("PCSCLITE_CSOCK_NAME", self.plugboard.socket())
            .env("HOME", self.sandbox.path())
            .current_dir(self.sandbox.path());
        command
    }

    /// Runs a program.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Answer {
        let ran = self.command(program).args(arguments).output().unwrap();
        ran.into()
    }

    /// Does OpenSSL follow the attestation to the maker's root, by way of the certificate of F9?
    pub(crate) fn attests(&self, attestation: &str, f9: &str) -> bool {
        let [root, f9, attestation] = ["root.pem", f9, attestation].map(|name| self.path(name));
        openssl::agrees(&["verify", "-CAfile", &root, "-untrusted", &f9, &attestation])
    }

    /// Does OpenSSL find that this certificate was signed with its own key?
    pub(crate) fn is_self_signed(&self, certificate: &str) -> bool {
        let certificate = self.path(certificate);
        let own = ["-check_ss_sig", "-CAfile", &certificate, &certificate];
        openssl::agrees(&[&["verify"][..], &own].concat())
    }

    /// The public key of a certificate, PEM, as OpenSSL reads it.
    pub(crate) fn public_key_of(&self, certificate: &str) -> String {
        let certificate = self.path(certificate);
        let read = ["x509", "-in", &certificate, "-noout", "-pubkey"];
        let read = Command::new("openssl").args(read).output().unwrap();
        assert!(read.status.success(), "{read:?}");
        String::from_utf8(read.stdout).unwrap()
    }

    /// Does OpenSSL find that a signature over the message of a file is by the key?
    pub(crate) fn signed(&self, public_key: &str, message: &str, signature: &str) -> bool {
        let [key, message, signature] = [public_key, message, signature].map(|it| self.path(it));
        openssl::agrees(&[
            "dgst",
            "-sha256",
            "-verify",
            &key,
            "-signature",
            &signature,
            &message,
        ])
    }
}

/// The first of these files that this machine has; says that the test is skipped where it has none.
pub(crate) fn library(name: &str, paths: &[String]) -> Option<PathBuf> {
    let found = paths.iter().map(Path::new).find(|path| path.is_file());
    if found.is_none() {
        require::skip(&format!("there is no {name}"));
    }
    found.map(Path::to_owned)
}
