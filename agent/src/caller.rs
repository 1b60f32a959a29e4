//! Who asks, by the kernel's word, and how a config names callers.

use std::{fmt, str::FromStr};

use nix::unistd::{Gid, Group, Uid, User};
use privyseal_proto::ledger::v1 as record;
use serde::Deserialize;

/// A local process: its user, group and supplementary groups when it connected.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
    name: String,
}

impl Caller {
    /// A caller from the credentials of its socket; looks up the user's name.
    #[must_use]
    pub fn new(uid: u32, gid: u32, groups: Vec<u32>) -> Self {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
        let name = user.map_or_else(|| format!("uid:{uid}"), |user| user.name);
        Self {
            uid,
            gid,
            groups,
            name,
        }
    }

    /// The user's name, or `uid:N` where the system knows none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As the ledger records it.
    #[must_use]
    pub fn to_record(&self) -> record::Caller {
        record::Caller {
            uid: self.uid,
            gid: self.gid,
            name: self.name.clone(),
        }
    }

    fn has_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// A caller as the config names it: `uid:1000`, `user:build`, `gid:100` or `group:signers`.
///
/// Names are resolved when the config is read; an unknown name is an error there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum CallerSpec {
    /// A user.
    User(u32),
    /// A group, primary or supplementary.
    Group(u32),
}

impl CallerSpec {
    /// Does this name `caller`?
    #[must_use]
    pub fn matches(self, caller: &Caller) -> bool {
        match self {
            Self::User(uid) => caller.uid == uid,
            Self::Group(gid) => caller.has_group(gid),
        }
    }
}

/// A caller's name that the config can't mean.
#[derive(Debug, thiserror::Error)]
#[error("`{given}` names no caller ({why}); write uid:1000, user:NAME, gid:100 or group:NAME")]
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
        match kind {
            "uid" => name
                .parse()
                .map(Self::User)
                .map_err(|_| fail("not a number")),
            "gid" => name
                .parse()
                .map(Self::Group)
                .map_err(|_| fail("not a number")),
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
            _ => Err(fail("unknown kind")),
        }
    }
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
        ] {
            assert!(bad.parse::<CallerSpec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_supplementary_group_counts() {
        let caller = Caller::new(4_000_000, 5, vec![7, 9]);
        assert!(CallerSpec::Group(9).matches(&caller));
        assert!(CallerSpec::Group(5).matches(&caller));
        assert!(!CallerSpec::Group(8).matches(&caller));
        assert!(!CallerSpec::User(0).matches(&caller));
    }
}
