//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use virtual_yubikey::{Firmware, Touch};

/// Plugs virtual YubiKeys into a private pcscd, and runs a command that finds them
///
/// They are as they leave the factory: PIN 123456, PUK 12345678, the management key that everybody
/// knows. Their keys are lost when this ends, and are not protected before: they are for tests.
///
/// Write lines to DIRECTORY/control to do what a hand does: "touch [SERIAL]", "pull SERIAL",
/// "plug SERIAL", "touch-mode MODE [SERIAL]". DIRECTORY/control.log says what came of each.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// The serial number of a YubiKey; once for each
    #[arg(long, required = true)]
    pub(crate) serial: Vec<u32>,

    /// The firmware of all of them
    #[arg(long, default_value = "5.7.1", value_parser = firmware)]
    pub(crate) firmware: Firmware,

    /// Who touches them: automatic (somebody, at once), wait (you, by the control file), never, or
    /// somebody after so many SECONDS
    #[arg(long, value_name = "MODE", default_value = "automatic")]
    pub(crate) touch: TouchMode,

    /// A directory for the socket of pcscd, the control file, and attestation-root.pem; it is made
    /// where it is not there, and its path must be short
    #[arg(long)]
    pub(crate) directory: PathBuf,

    /// What to run, with PCSCLITE_CSOCK_NAME in its environment; where nothing is given, the socket is
    /// printed, and this runs until it is terminated
    #[arg(last = true)]
    pub(crate) command: Vec<OsString>,
}

/// [`Touch`], as one types it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TouchMode(pub(crate) Touch);

impl FromStr for TouchMode {
    type Err = String;

    fn from_str(mode: &str) -> Result<Self, String> {
        let touch = match mode {
            "automatic" => Touch::Automatic,
            "wait" => Touch::Wait,
            "never" => Touch::Never,
            seconds => seconds
                .parse()
                .ok()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map(Touch::After)
                .ok_or("it is neither automatic, wait, never, nor a number of seconds")?,
        };
        Ok(Self(touch))
    }
}

fn firmware(version: &str) -> Result<Firmware, String> {
    let numbers: Result<Vec<u8>, _> = version.split('.').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([major, minor, patch]) => Ok(Firmware(*major, *minor, *patch)),
        _ => Err("it is not of the form 5.7.1".to_owned()),
    }
}
