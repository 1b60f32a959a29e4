//! How a config names callers.

use std::{fmt, str::FromStr};

use nix::unistd::{Gid, Group, User};
use privyseal_tuf::Sha256Digest;
use serde::Deserialize;

use super::{Caller, Identity};

/// A caller as the config names it: `uid:1000`, `user:build`, `gid:100`, `group:signers`, and for
/// holders of certificates `dns:build.example.org`, `email:ann@example.org`,
/// `uri:spiffe://example.org/build` or `cert:` with the certificate's SHA-256 in hex.
///
/// Names of users and groups are resolved when the config is read; an unknown name is an error
/// there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum CallerSpec {
    /// A user.
    User(u32),
    /// A group, primary or supplementary.
    Group(u32),
    /// A DNS name among a certificate's subject alternative names, in lower case.
    Dns(String),
    /// An e-mail address among them; its domain is in lower case (RFC 5280, section 4.2.1.6).
    Email(String),
    /// A URI among them, compared byte by byte.
    Uri(String),
    /// The SHA-256 of a certificate's DER.
    Certificate(Sha256Digest),
}

impl CallerSpec {
    /// Does this name `caller`?
    #[must_use]
    pub fn matches(&self, caller: &Caller) -> bool {
        match (&caller.identity, self) {
            (Identity::Process { uid, .. }, Self::User(user)) => uid == user,
            (Identity::Process { gid, groups, .. }, Self::Group(group)) => {
                gid == group || groups.contains(group)
            }
            (Identity::Certificate(certificate), Self::Dns(name)) => certificate.has_dns(name),
            (Identity::Certificate(certificate), Self::Email(address)) => {
                certificate.has_email(address)
            }
            (Identity::Certificate(certificate), Self::Uri(uri)) => certificate.has_uri(uri),
            (Identity::Certificate(certificate), Self::Certificate(fingerprint)) => {
                certificate.fingerprint() == fingerprint
            }
            _ => false,
        }
    }
}

/// A caller's name that the config can't mean.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{given}` names no caller ({why}); write uid:1000, user:NAME, gid:100 or group:NAME, or for \
     certificates dns:NAME, email:ADDRESS, uri:URI or cert:SHA256"
)]
pub struct CallerSpecError {
    given: String,
    why: &'static str,
}

impl FromStr for CallerSpec {
    type Err = CallerSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |why| CallerSpecError {
            given: text.to_owned(),
            why,
        };
        let (kind, name) = text.split_once(':').ok_or_else(|| fail("no `:`"))?;
        let number = || name.parse().map_err(|_| fail("not a number"));
        let printable = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
        match kind {
            "uid" => number().map(Self::User),
            "gid" => number().map(Self::Group),
            "user" => User::from_name(name)
                .ok()
                .flatten()
                .map(|user| Self::User(user.uid.as_raw()))
                .ok_or_else(|| fail("this system has no such user")),
            "group" => Group::from_name(name)
                .ok()
                .flatten()
                .map(|group| Self::Group(Gid::as_raw(group.gid)))
                .ok_or_else(|| fail("this system has no such group")),
            "dns" | "email" | "uri" if !printable => {
                Err(fail("a name has printable ASCII characters and no spaces"))
            }
            // A star is compared as a letter: whoever means many writes many.
            "dns" if name.contains('*') => Err(fail("names of callers are exact, without `*`")),
            "dns" => Ok(Self::Dns(name.to_ascii_lowercase())),
            "email" => email(name).map(Self::Email).ok_or_else(|| fail("no `@`")),
            "uri" if !name.contains(':') => Err(fail("a URI begins with its scheme")),
            "uri" => Ok(Self::Uri(name.to_owned())),
            "cert" => {
                let hex = name.replace(':', "").to_ascii_lowercase();
                let digest = hex.parse().map(Self::Certificate);
                digest.map_err(|_| fail("a fingerprint is a SHA-256 of 64 hex digits"))
            }
            _ => Err(fail("unknown kind")),
        }
    }
}

/// An address with its domain in lower case.
pub(super) fn email(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    Some(format!("{local}@{}", domain.to_ascii_lowercase()))
}

impl TryFrom<String> for CallerSpec {
    type Error = CallerSpecError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for CallerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(uid) => write!(f, "uid:{uid}"),
            Self::Group(gid) => write!(f, "gid:{gid}"),
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Certificate(fingerprint) => write!(f, "cert:{fingerprint}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_resolve_or_say_why() {
        assert_eq!(
            "user:root".parse::<CallerSpec>().unwrap(),
            CallerSpec::User(0)
        );
        assert_eq!(
            "group:root".parse::<CallerSpec>().unwrap(),
            CallerSpec::Group(0)
        );
        for bad in [
            "root",
            "uid:root",
            "user:no-such-user-here",
            "pid:1",
            "uid:-1",
            "dns:",
            "dns:*.example.org",
            "dns:a b",
            "email:ann",
            "uri:build",
            "cert:abc",
        ] {
            assert!(bad.parse::<CallerSpec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_certificates_are_read_as_they_are_compared() {
        let shown = |text: &str| text.parse::<CallerSpec>().unwrap().to_string();
        assert_eq!(shown("dns:Build.Example.ORG"), "dns:build.example.org");
        assert_eq!(shown("email:Ann@Example.ORG"), "email:Ann@example.org");
        assert_eq!(shown("uri:spiffe://Example/x"), "uri:spiffe://Example/x");
        let colons = format!("cert:{}", vec!["AB"; 32].join(":"));
        assert_eq!(shown(&colons), format!("cert:{}", "ab".repeat(32)));
    }

    #[test]
    fn a_supplementary_group_counts() {
        let caller = Caller::process(4_000_000, 5, vec![7, 9]);
        assert!(CallerSpec::Group(9).matches(&caller));
        assert!(CallerSpec::Group(5).matches(&caller));
        assert!(!CallerSpec::Group(8).matches(&caller));
        assert!(!CallerSpec::User(0).matches(&caller));
    }
}
