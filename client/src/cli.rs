//! The command line.

use clap::{Parser, Subcommand};

use crate::command::agent::AgentCommand;
use crate::command::draft::DraftCommand;
use crate::command::key::KeyCommand;
use crate::command::ledger::LedgerCommand;
use crate::command::notary::NotaryCommand;
use crate::command::repo::RepoCommand;
use crate::command::trust::TrustCommand;
use crate::command::verify::VerifyCommand;
use crate::command::yubikey::YubiKeyCommand;

/// Builds TUF repositories and has them signed by agents, which hold the keys in hardware.
#[derive(Parser, Debug)]
#[command(name = "privyseal", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// The agent to use: an address (unix:/path or https://HOST:PORT), several
    /// (name=unix:/path,name2=...), or the name of a configured one.
    ///
    /// Without it: PRIVYSEAL_AGENT, which takes addresses as above; else the [[agent]] entries of
    /// ~/.config/privyseal/config.toml and of the project's privyseal.toml.
    ///
    /// With https:// both sides show a certificate. The entry of that address in config.toml names
    /// yours, its key, and the agent's CA (certificate, key, ca); else PRIVYSEAL_TLS_CERTIFICATE,
    /// PRIVYSEAL_TLS_KEY and PRIVYSEAL_TLS_CA name the three files.
    #[arg(long, global = true, value_name = "AGENT")]
    pub agent: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The groups of commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Keys: generate, enrol, list, show, remove.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Repositories: init, add, remove, renew, rotate, sign, status, diff, publish, verify.
    Repo(RepoCommand),
    /// Verifies a published repository as its clients do: a directory or a URL.
    Verify(VerifyCommand),
    /// Drafts that are signed elsewhere: show, payload, sign, enroll, supersede.
    #[command(subcommand)]
    Draft(DraftCommand),
    /// Docker Content Trust: what is signed of images.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Agents that sign for a notary-server: restored.
    #[command(subcommand)]
    Notary(NotaryCommand),
    /// Agents: status, unlock, lock.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// An agent's ledger: show, verify, prove, forget.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// YubiKeys: list, setup, info, change-pin, change-puk, unblock and more.
    #[command(subcommand)]
    Yubikey(YubiKeyCommand),
}

const AFTER_HELP: &str = "\
Examples:
  export PRIVYSEAL_AGENT=unix:/run/privyseal/agent.sock
  privyseal agent status
  privyseal key list
  privyseal repo add ./dist --prefix v1
  privyseal repo sign
  privyseal repo publish
  privyseal ledger verify

Exit codes:
  0  done
  1  failed
  2  the command line is wrong
  3  the result is dangerous or incomplete and needs a person: a change is dangerous, a
     verification failed, a threshold is not reached, nobody confirmed
  4  refused: by an agent, or by this client because an agent's ledger is not what it was
  10 to 17  an image is not to be trusted: `privyseal trust verify --help` says which is which
  130  interrupted by a signal: what was under way is whole";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_examples_in_its_help() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let mut subcommands = command.get_subcommands().peekable();
            if subcommands.peek().is_none() {
                let help = command
                    .get_after_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(help.contains("Example"), "{path} has no examples");
            }
            subcommands.for_each(|command| check(command, &path));
        }
        let command = Cli::command();
        command.clone().debug_assert();
        check(&command, "");
    }
}
