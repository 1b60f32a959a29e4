use std::fmt;
use std::str::FromStr;

use url::Url;

use super::{HUB, LONGEST_PATH, OFFICIAL, grammar};

/// A repository's whole name, under which a trust server keeps its metadata ("globally unique
/// name"): `reg.example.com:5000/team/app`, `docker.io/library/app`.
///
/// Read from text it is taken as it stands: nothing is filled in. A name that a person types for
/// an image goes through [`super::ImageReference`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gun(String);

/// The text is no repository's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no name of a repository: {reason}")]
pub struct NotAGun {
    text: String,
    reason: &'static str,
}

impl Gun {
    /// What was checked already.
    pub(super) fn known(text: String) -> Self {
        Self(text)
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The registry, `HOST` or `HOST:PORT`, where the name begins with one.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        let (first, _) = self.0.split_once('/')?;
        grammar::looks_like_host(first).then_some(first)
    }

    /// The same with its registry as everybody who connects to it reads it: `REG.test:443/app` is
    /// `reg.test/app`. It is what pins and memory go by; a trust server is asked by the name as it
    /// stands.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self(canonical(&self.0))
    }

    /// The repository's name at its registry: `library/app`.
    #[must_use]
    pub fn path(&self) -> &str {
        match (self.registry(), self.0.split_once('/')) {
            (Some(_), Some((_, path))) => path,
            _ => &self.0,
        }
    }

    /// As a person writes it for Docker.
    #[must_use]
    pub fn familiar(&self) -> &str {
        match self
            .0
            .strip_prefix(HUB)
            .and_then(|rest| rest.strip_prefix('/'))
        {
            Some(path) => path.strip_prefix(OFFICIAL).unwrap_or(path),
            None => &self.0,
        }
    }

    /// Whether it is in Docker's own registry.
    #[must_use]
    pub fn is_on_hub(&self) -> bool {
        self.registry() == Some(HUB)
    }
}

/// A name, or the beginning of names, with its registry in the form that URLs have.
pub(in crate::trust) fn canonical(text: &str) -> String {
    let registry = text
        .split_once('/')
        .filter(|(first, _)| grammar::looks_like_host(first));
    let Some((registry, path)) = registry else {
        return text.to_owned();
    };
    let url = Url::parse(&format!("https://{registry}/")).ok();
    let host = url
        .as_ref()
        .and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}/{path}"),
        Some((host, None)) => format!("{host}/{path}"),
        None => format!("{}/{path}", registry.to_ascii_lowercase()),
    }
}

impl FromStr for Gun {
    type Err = NotAGun;

    /// Takes what notary takes and what can stand in a URL and in a certificate: a host or not,
    /// then components of letters, digits, dots, underscores and hyphens.
    fn from_str(text: &str) -> Result<Self, NotAGun> {
        let refuse = |reason| {
            let text = text.chars().take(LONGEST_PATH).collect();
            Err(NotAGun { text, reason })
        };
        let gun = Self(text.to_owned());
        let path = gun.path();
        if text.is_empty() {
            return refuse("it is empty");
        }
        if path.len() > LONGEST_PATH {
            return refuse("its path is longer than 255 bytes");
        }
        if gun.registry().is_some_and(|host| !grammar::is_host(host)) {
            return refuse("what stands before the first slash is no HOST or HOST:PORT");
        }
        if path.contains(['@', ':']) {
            return refuse("a tag or digest is no part of it");
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_component = |part: &str| {
            part.bytes().all(plain) && part.starts_with(|first: char| first.is_ascii_alphanumeric())
        };
        if !path.split('/').all(is_component) {
            return refuse(
                "between slashes stand letters, digits, dots, underscores and hyphens, a letter or digit first",
            );
        }
        Ok(gun)
    }
}

impl fmt::Display for Gun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
