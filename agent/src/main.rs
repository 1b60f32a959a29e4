//! `privyseald`, the agent.

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use privyseal_agent::{
    agent,
    config::{Config, LogFormat},
    harden,
};
use tracing_subscriber::EnvFilter;

/// Holds TUF keys in hardware tokens and signs what it has read.
///
/// Exit status: 0 the agent ended as it was told, 1 it could not start or go on, 2 wrong usage.
#[derive(Parser)]
#[command(name = "privyseald", version, after_help = EXAMPLES)]
struct Arguments {
    /// The config file
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/privyseal/privyseald.toml"
    )]
    config: PathBuf,
    /// Check the config and exit
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Make the ledger: a key on the token, the genesis record, and the line for the config
    Init,
}

const EXAMPLES: &str = "\
Examples:
  privyseald --config privyseald.toml --check   is the config right?
  privyseald --config privyseald.toml init      make the ledger, once
  privyseald --config privyseald.toml           run; RUST_LOG=debug says more";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("privyseald: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &Arguments) -> anyhow::Result<()> {
    harden::harden()?;
    let config = Config::load(&arguments.config)?;
    if arguments.check {
        eprintln!("{}: the config is right", arguments.config.display());
        return Ok(());
    }
    log(config.agent.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match arguments.command {
        None => runtime.block_on(agent::run(config, arguments.config.clone()))?,
        Some(Command::Init) => {
            let genesis = runtime.block_on(agent::init(config))?;
            println_genesis(&genesis);
        }
    }
    Ok(())
}

#[allow(clippy::print_stdout)] // what `init` is asked for
fn println_genesis(genesis: &str) {
    eprintln!("The ledger is made. Put this line under [ledger] in the config:");
    println!("genesis = \"{genesis}\"");
}

fn log(format: LogFormat) {
    // What h2 warns of is a peer's to cause, as often as it likes.
    let usual = || EnvFilter::new("info,h2=error,hyper=error");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter);
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}
