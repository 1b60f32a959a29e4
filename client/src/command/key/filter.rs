use std::str::FromStr;

use clap::{Args, ValueEnum};
use globset::{GlobBuilder, GlobMatcher};
use privyseal_proto::v1::Key;

/// Which keys are meant.
#[derive(Args, Debug)]
pub(super) struct KeyFilter {
    /// Only keys for this.
    #[arg(long, value_enum, value_name = "PURPOSE")]
    purpose: Option<Purpose>,
    /// Only keys of repositories that match: * and ? stop at "/", ** does not.
    #[arg(long, value_name = "GLOB")]
    repository: Option<RepositoryGlob>,
    /// Only keys that were made for notary-server and never signed.
    #[arg(long)]
    unused: bool,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// Metadata of TUF repositories.
    Tuf,
    /// Metadata of images (Docker Content Trust).
    Trust,
    /// Snapshots and timestamps of a notary-server.
    Notary,
    /// The agent's ledger.
    Ledger,
}

/// A glob over the names of repositories, as in an agent's config.
#[derive(Clone, Debug)]
pub(in crate::command) struct RepositoryGlob(GlobMatcher);

impl RepositoryGlob {
    /// The text, as the agent reads it.
    pub(in crate::command) fn as_str(&self) -> &str {
        self.0.glob().glob()
    }

    pub(in crate::command) fn matches(&self, repository: &str) -> bool {
        self.0.is_match(repository)
    }
}

impl FromStr for RepositoryGlob {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Self, globset::Error> {
        let glob = GlobBuilder::new(text).literal_separator(true).build()?;
        Ok(Self(glob.compile_matcher()))
    }
}

impl KeyFilter {
    /// Keys that were made for a notary-server and never signed.
    pub(super) fn unused(repository: Option<RepositoryGlob>) -> Self {
        Self {
            purpose: None,
            repository,
            unused: true,
        }
    }

    pub(super) fn matches(&self, key: &Key) -> bool {
        let purpose = self.purpose.and_then(|purpose| purpose.to_possible_value());
        let is_for = purpose.is_none_or(|purpose| purpose.get_name() == key.purpose);
        let glob = self.repository.as_ref();
        let is_of = glob.is_none_or(|glob| glob.matches(&key.repository));
        is_for && is_of && (!self.unused || is_unused(key))
    }
}

fn is_unused(key: &Key) -> bool {
    key.purpose == "notary" && key.notary_use.is_none()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use privyseal_proto::v1::NotaryUse;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        filter: KeyFilter,
    }

    /// The names of those of three keys that a command line means.
    fn meant(line: &[&str]) -> Vec<String> {
        let key = |name: &str, purpose: &str, repository: &str, used: Option<NotaryUse>| Key {
            name: name.to_owned(),
            purpose: purpose.to_owned(),
            repository: repository.to_owned(),
            notary_use: used,
            ..Key::default()
        };
        let keys = [
            key("root", "tuf", "example.org/packages", None),
            key("fresh", "notary", "reg.test/team/app", None),
            key("used", "notary", "reg.test/app", Some(NotaryUse::default())),
            key("signer", "trust", "reg.test/app", None),
            key("ledger", "ledger", "", None),
        ];
        let filter = Line::parse_from([&["list"], line].concat()).filter;
        let meant = keys.into_iter().filter(|key| filter.matches(key));
        meant.map(|key| key.name).collect()
    }

    #[test]
    fn filters_narrow_each_other() {
        assert_eq!(meant(&[]), ["root", "fresh", "used", "signer", "ledger"]);
        assert_eq!(meant(&["--purpose", "notary"]), ["fresh", "used"]);
        assert_eq!(meant(&["--purpose", "trust"]), ["signer"]);
        assert_eq!(meant(&["--purpose", "ledger"]), ["ledger"]);
        assert_eq!(meant(&["--unused"]), ["fresh"]);
        assert!(meant(&["--unused", "--purpose", "tuf"]).is_empty());
        assert_eq!(meant(&["--repository", "reg.test/*"]), ["used", "signer"]);
        assert_eq!(
            meant(&["--repository", "reg.test/**"]),
            ["fresh", "used", "signer"]
        );
        assert!(Line::try_parse_from(["list", "--repository", "a[b"]).is_err());
        assert!(Line::try_parse_from(["list", "--purpose", "sign"]).is_err());
    }
}
