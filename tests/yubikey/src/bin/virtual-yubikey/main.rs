//! Virtual YubiKeys for a shell: plugs them in, and runs a command that finds them.

mod control;
mod options;
mod run;

use std::process::ExitCode;

use clap::Parser;
use virtual_yubikey::plugboard::Plugboard;

fn main() -> ExitCode {
    let options = options::Options::parse();
    if let Some(why) = Plugboard::missing() {
        eprintln!("virtual-yubikey: {why}");
        return ExitCode::FAILURE;
    }
    match run::run(&options) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("virtual-yubikey: {error}");
            ExitCode::FAILURE
        }
    }
}
