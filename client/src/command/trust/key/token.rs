//! Where a new key is to be, and for what.

use clap::{Args, ValueEnum};
use privyseal_proto::v1::StatusRequest;

use crate::agent::Agent;
use crate::failure::Advice;
use crate::trust::edit::signer_role;
use crate::trust::settings::{Overrides, Settings};

/// Where a new key is to be, and for which repositories.
#[derive(Args, Debug)]
pub(super) struct Place {
    /// The keystore, as in the agent's config; where the agent has one only, that one.
    #[arg(long, short, value_name = "KEYSTORE")]
    keystore: Option<String>,
    /// The authority in the agent's config; without it `authority` under [trust] in
    /// ~/.config/privyseal/config.toml.
    #[arg(long, value_name = "AUTHORITY")]
    authority: Option<String>,
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyRole {
    /// Roots, through certificates.
    Root,
    /// The top-level targets of one repository.
    Targets,
    /// The snapshots of one repository, where notary-server does not sign them.
    Snapshot,
    /// What is delegated to a signer: targets/NAME, targets/releases.
    Delegation,
}

impl KeyRole {
    /// As agents name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Delegation => "delegation",
        }
    }

    /// The repositories that a key of it is for where none is named: all, where it may be for many.
    ///
    /// # Errors
    /// Where it is for one.
    pub(super) fn repository(self, named: Option<String>) -> Result<String, Advice> {
        match (named, self) {
            (Some(named), _) => Ok(named),
            (None, Self::Root | Self::Delegation) => Ok("**".to_owned()),
            (None, role) => Err(Advice::failed(
                format!(
                    "a {} key is for one repository, and none is named",
                    role.as_str()
                ),
                "give --repository, such as reg.example.com/team/app",
            )),
        }
    }
}

impl Place {
    /// The authority.
    pub(super) fn authority(&self) -> anyhow::Result<String> {
        if let Some(named) = &self.authority {
            return Ok(named.clone());
        }
        let settings = Settings::load(Overrides::default())?;
        let named = settings.authority().map(str::to_owned);
        Ok(named.ok_or_else(|| {
            Advice::failed(
                "no authority is named",
                "give --authority, as in the agent's config, or write under [trust] in ~/.config/privyseal/config.toml: authority = \"NAME\"",
            )
        })?)
    }

    /// The keystore.
    pub(super) async fn keystore(&self, agent: &Agent) -> anyhow::Result<String> {
        if let Some(named) = &self.keystore {
            return Ok(named.clone());
        }
        let reply = agent.admin().status(StatusRequest {}).await;
        let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
        let mut names = reply.keystores.into_iter().map(|keystore| keystore.name);
        match (names.next(), names.next()) {
            (Some(only), None) => Ok(only),
            (Some(one), Some(other)) => {
                let names: Vec<String> = [one, other].into_iter().chain(names).collect();
                let message = format!("the agent has several keystores: {}", names.join(", "));
                Err(Advice::failed(message, "choose one with --keystore").into())
            }
            (None, _) => Err(agent.wrong_answer("it has no keystore").into()),
        }
    }
}

/// Refuses what is no signer's name with docker.
pub(super) fn check_signer(name: &str) -> Result<(), Advice> {
    match signer_role(name) {
        Ok(_) => Ok(()),
        Err(error) => Err(Advice::failed(
            error.to_string(),
            "nothing was made; names have lower-case letters, digits, \"-\" and \"_\", a letter or digit first",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signers_are_named_as_with_docker() {
        for name in ["alice", "a", "0-b_c"] {
            check_signer(name).unwrap();
        }
        for name in [
            "", "Alice", "-a", "_a", "a b", "a/b", "releases", "ä", "../a",
        ] {
            assert!(check_signer(name).is_err(), "{name}");
        }
        let long = "a".repeat(300);
        assert!(check_signer(&long).is_err());
    }

    #[test]
    fn keys_of_one_repository_want_its_name() {
        assert_eq!(KeyRole::Delegation.repository(None).unwrap(), "**");
        assert_eq!(
            KeyRole::Root.repository(Some("a/b".to_owned())).unwrap(),
            "a/b"
        );
        assert!(KeyRole::Targets.repository(None).is_err());
        assert!(KeyRole::Snapshot.repository(None).is_err());
    }
}
