//! The client of Privy Seal: builds TUF metadata, shows a person what changes, asks agents for
//! signatures, verifies what comes back, publishes. It holds no private key;
//! [`trust::docker_keys`] alone reads some out of files, to leave them behind.

pub mod agent;
pub mod cli;
pub mod command;
pub mod destination;
pub mod failure;
pub mod fetch;
pub mod file;
pub mod repo;
pub mod show;
pub mod trust;

pub use failure::Exit;

use std::io::Write;

use clap::Parser;

/// Runs the program with its arguments and environment; what goes wrong is printed.
pub fn run() -> Exit {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return print_failure(&error.into()),
    };
    let mut screen = show::Screen::new();
    let ended = runtime.block_on(command::run(cli, &mut screen));
    let flushed = screen.flush();
    match ended.and_then(|exit| flushed.map(|()| exit).map_err(Into::into)) {
        Ok(exit) => exit,
        Err(error) => print_failure(&error),
    }
}

fn print_failure(error: &anyhow::Error) -> Exit {
    failure::report(error, &mut anstream::stderr()).unwrap_or(Exit::Failed)
}
