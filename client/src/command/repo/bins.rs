use std::io::Write;

use clap::Args;
use privyseal_tuf::{Role, RoleName};

use super::keyring::{KeyArg, Keyring};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{BinsChange, Period, Project, Work, place_bins};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Each target goes into the bin that the SHA-256 of its path chooses, so that one changed target asks
for one small file to be signed. The delegator's targets, and those of bins that it has already, are
moved. Bins are written in TAP 15's short form, which python-tuf, tuf-js and go-tuf read; tough and
tuftool read bins that are --listed.

Examples:
  privyseal repo bins 256 --key online
  privyseal repo bins 16384 --key online:bins --expires 30d
  privyseal repo bins 16 --listed --prefix pkg --by packages --key ci:packages")]
pub(super) struct Bins {
    /// How many: 2, 4, 8 and so on to 65536.
    #[arg(value_parser = bit_length, value_name = "COUNT")]
    count: u32,
    /// The keys of all bins: AGENT:KEY, KEY, or OWNER=FILE for a public key that no agent holds.
    #[arg(long = "key", required = true, value_name = "KEY", num_args = 1..)]
    keys: Vec<KeyArg>,
    /// How many of them must sign.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threshold: u32,
    /// What every bin's name begins with.
    #[arg(long, value_name = "NAME", default_value = "bins")]
    prefix: RoleName,
    /// Who delegates to them.
    #[arg(long, value_name = "ROLE", default_value = "targets")]
    by: Role,
    /// Write one delegation for each bin.
    #[arg(long)]
    listed: bool,
    /// How long a version of a bin is valid. Without it: as targets.
    #[arg(long, value_name = "PERIOD")]
    expires: Option<Period>,
}

/// The number of bits that choose one of `text` bins.
fn bit_length(text: &str) -> Result<u32, String> {
    let count: u32 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if count.is_power_of_two() && (2..=65_536).contains(&count) {
        Ok(count.trailing_zeros())
    } else {
        Err("choose a power of two from 2 to 65536".to_owned())
    }
}

pub(super) async fn run(
    command: Bins,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut keyring = Keyring::open(Some(project), context).await?;
    let keys = keyring.settle_all(&command.keys)?;
    let expires = project.settings().roles.targets.expires;
    let change = BinsChange {
        bit_length: command.count,
        prefix: &command.prefix,
        by: &command.by,
        keys: &keys,
        threshold: command.threshold,
        listed: command.listed,
        expires: command.expires.unwrap_or(expires),
        known: keyring.known(),
    };
    let targets = place_bins(project, &Work::load(project, now())?, &change)?;
    writeln!(
        context.screen,
        "{} delegates to {} bins, {}-*, with {targets} targets\nnext: privyseal repo sign",
        escape(command.by.as_str()),
        1_u64 << command.count,
        escape(command.prefix.as_str())
    )?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_counted_in_powers_of_two() {
        assert_eq!(bit_length("2"), Ok(1));
        assert_eq!(bit_length("16384"), Ok(14));
        for text in ["0", "1", "3", "131072", "-2", "x"] {
            assert!(bit_length(text).is_err(), "{text}");
        }
    }
}
