//! Where a new key is to be, and for what.

use clap::{Args, ValueEnum};
use privyseal_proto::v1::{Key, ListKeysRequest, StatusRequest};

use crate::agent::{Agent, TRUST};
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
    /// ~/.config/privyseal/config.toml, else that of the keys for images that the agent has.
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
    /// The authority. Where none is named, the one of all of the agent's keys for images.
    pub(super) async fn authority(&self, agent: &Agent) -> anyhow::Result<String> {
        if let Some(named) = &self.authority {
            return Ok(named.clone());
        }
        let settings = Settings::load(Overrides::default())?;
        if let Some(named) = settings.authority() {
            return Ok(named.to_owned());
        }
        let reply = agent.keys().list(ListKeysRequest {}).await;
        let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
        let only = only_authority(&reply.keys).map(str::to_owned);
        Ok(only.ok_or_else(|| {
            Advice::failed(
                "no authority is named, and the agent's keys for images are not all of one",
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

/// The authority that all trust keys are of.
fn only_authority(keys: &[Key]) -> Option<&str> {
    let keys = keys.iter().filter(|key| key.purpose == TRUST);
    let mut authorities = keys.map(|key| key.authority.as_str());
    let first = authorities.next()?;
    authorities.all(|other| other == first).then_some(first)
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
    fn an_authority_is_taken_where_there_is_one() {
        let key = |purpose: &str, authority: &str| Key {
            purpose: purpose.to_owned(),
            authority: authority.to_owned(),
            ..Key::default()
        };
        let mut keys = vec![key("tuf", "files")];
        assert_eq!(only_authority(&keys), None);
        keys.extend([key(TRUST, "images"), key(TRUST, "images")]);
        assert_eq!(only_authority(&keys), Some("images"));
        keys.push(key(TRUST, "others"));
        assert_eq!(only_authority(&keys), None);
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
