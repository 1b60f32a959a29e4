mod descent;
mod error;
mod find;
mod link;
mod router;
mod search;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;

use crate::{Document, Header, MetaFile, Metadata, Role, RoleType, Root, Snapshot, Tally, Targets};
use crate::{Timestamp, verify_threshold};

pub use descent::MAX_SEARCHED;
pub use error::{Authority, VerifyError};
pub use find::{FindError, Found};
pub use link::{Link, VerifiedRole};
pub use search::{Finding, SearchOrder, Searches};
pub use walk::{MAX_DELEGATIONS, Walk};

/// The chain of trust of a repository, verified link by link as a client does it (spec, section
/// 5): from a first root over every later one to timestamp, snapshot and top-level targets, and
/// from there to delegated roles: [`walk`](Self::walk) leads to all of them,
/// [`find_target`](Self::find_target) to those that are asked for one path.
///
/// Whoever fetches bounds what is fetched: how many roots, and how many bytes of each file.
#[derive(Clone, Debug)]
pub struct TrustedRepository {
    /// Seconds since 1970.
    now: i64,
    root: Root,
    timestamp: Option<Timestamp>,
    snapshot: Option<Snapshot>,
    targets: Option<Targets>,
    /// Who signed what is trusted now.
    tallies: BTreeMap<RoleType, Tally>,
    /// What was trusted in an earlier run: the new ones must not fall behind them.
    earlier_timestamp: Option<Timestamp>,
    earlier_snapshot: Option<Snapshot>,
}

impl TrustedRepository {
    /// Trusts `first_root`, which came by a trusted way. `now` is in seconds since 1970 and stays
    /// the same through the whole verification.
    pub fn new(first_root: &[u8], now: i64) -> Result<Self, VerifyError> {
        let document = parse(RoleType::Root, first_root)?;
        let root: Root = read(&document)?;
        let tally = verify(&document, RoleType::Root, &root)?;
        Ok(Self {
            now,
            tallies: BTreeMap::from([(RoleType::Root, tally)]),
            root,
            timestamp: None,
            snapshot: None,
            targets: None,
            earlier_timestamp: None,
            earlier_snapshot: None,
        })
    }

    /// Takes the next root: its version is one higher, and it is signed by a threshold of the
    /// trusted root's keys and of its own (5.3). Roots between may be expired.
    pub fn update_root(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        if self.timestamp.is_some() {
            return Err(VerifyError::Order("roots come before the timestamp"));
        }
        let document = parse(RoleType::Root, bytes)?;
        let root: Root = read(&document)?;
        verify(&document, RoleType::Root, &self.root)?;
        let tally = verify(&document, RoleType::Root, &root)?;
        same_version(
            &RoleType::Root.into(),
            self.root.header.version + 1,
            root.header.version,
        )?;
        self.root = root;
        self.tallies.insert(RoleType::Root, tally);
        Ok(())
    }

    /// Takes a timestamp that was trusted in an earlier run, to notice a rollback. It may be
    /// expired. One that the present root's keys did not sign is refused: after a rotation there
    /// is nothing to fall behind, which is how a repository recovers from a fast-forward attack
    /// (5.3.11).
    pub fn remember_timestamp(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.earlier_timestamp = Some(self.signed(bytes)?.0);
        Ok(())
    }

    /// Takes a snapshot that was trusted in an earlier run, as
    /// [`remember_timestamp`](Self::remember_timestamp) does.
    pub fn remember_snapshot(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.earlier_snapshot = Some(self.signed(bytes)?.0);
        Ok(())
    }

    /// Takes the timestamp (5.4). One of the same version as the remembered one changes nothing.
    pub fn update_timestamp(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.check_expiry(&self.root.header, RoleType::Root)?;
        let (mut new, tally): (Timestamp, _) = self.signed(bytes)?;
        if let Some(before) = self.timestamp.as_ref().or(self.earlier_timestamp.as_ref()) {
            let (was, is) = (&before.header, &new.header);
            not_lower(RoleType::Timestamp, was.version, is.version)?;
            not_lower(
                RoleType::Snapshot,
                before.snapshot.version,
                new.snapshot.version,
            )?;
            if was.version == is.version {
                new = before.clone();
            }
        }
        self.check_expiry(&new.header, RoleType::Timestamp)?;
        self.timestamp = Some(new);
        self.tallies.insert(RoleType::Timestamp, tally);
        Ok(())
    }

    /// Takes the snapshot that the timestamp names (5.5).
    pub fn update_snapshot(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        let timestamp = self.timestamp.as_ref();
        let timestamp = timestamp.ok_or(VerifyError::Order("the timestamp comes first"))?;
        if !timestamp.snapshot.matches(bytes) {
            return Err(VerifyError::Content(RoleType::Snapshot.into()));
        }
        let (snapshot, tally): (Snapshot, _) = self.signed(bytes)?;
        same_version(
            &RoleType::Snapshot.into(),
            timestamp.snapshot.version,
            snapshot.header.version,
        )?;
        if let Some(before) = self.snapshot.as_ref().or(self.earlier_snapshot.as_ref()) {
            keeps_entries(before, &snapshot)?;
        }
        self.check_expiry(&snapshot.header, RoleType::Snapshot)?;
        self.snapshot = Some(snapshot);
        self.tallies.insert(RoleType::Snapshot, tally);
        Ok(())
    }

    /// Takes the top-level targets that the snapshot names (5.6).
    pub fn update_targets(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        self.vouched(bytes)?;
        self.signed_targets(&parse(RoleType::Targets, bytes)?)
    }

    /// The same, of a document that was read before: it can be large.
    pub fn take_targets(&mut self, document: &Document) -> Result<(), VerifyError> {
        self.vouched(&document.bytes())?;
        self.signed_targets(document)
    }

    /// Whether the file is the one that the snapshot names.
    fn vouched(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        match self.targets_entry()?.matches(bytes) {
            true => Ok(()),
            false => Err(VerifyError::Content(Role::TARGETS)),
        }
    }

    fn signed_targets(&mut self, document: &Document) -> Result<(), VerifyError> {
        let version = self.targets_entry()?.version;
        let tally = verify(document, RoleType::Targets, &self.root)?;
        let targets: Targets = read(document)?;
        same_version(&Role::TARGETS, version, targets.header.version)?;
        self.check_expiry(&targets.header, RoleType::Targets)?;
        self.targets = Some(targets);
        self.tallies.insert(RoleType::Targets, tally);
        Ok(())
    }

    /// What the verified snapshot says of the top-level targets.
    pub fn targets_entry(&self) -> Result<&MetaFile, VerifyError> {
        let snapshot = self.snapshot.as_ref();
        let snapshot = snapshot.ok_or(VerifyError::Order("the snapshot comes first"))?;
        let name = Role::TARGETS.meta_name();
        let entry = snapshot.meta.get(&name);
        entry.ok_or(VerifyError::EntryGone(name))
    }

    /// The last root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The timestamp, once it is verified.
    pub fn timestamp(&self) -> Option<&Timestamp> {
        self.timestamp.as_ref()
    }

    /// The snapshot, once it is verified.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// The top-level targets, once they are verified.
    pub fn targets(&self) -> Option<&Targets> {
        self.targets.as_ref()
    }

    /// Who signed the trusted document of a role, counted by the last root's keys.
    pub fn tally(&self, role: RoleType) -> Option<&Tally> {
        self.tallies.get(&role)
    }

    fn signed<M: Metadata>(&self, bytes: &[u8]) -> Result<(M, Tally), VerifyError> {
        let document = parse(M::ROLE, bytes)?;
        let tally = verify(&document, M::ROLE, &self.root)?;
        Ok((read(&document)?, tally))
    }

    fn check_expiry(&self, header: &Header, role: RoleType) -> Result<(), VerifyError> {
        not_expired(&role.into(), header, self.now)
    }
}

fn parse(role: RoleType, bytes: &[u8]) -> Result<Document, VerifyError> {
    Document::read(bytes).map_err(|error| VerifyError::Document {
        role: role.into(),
        error,
    })
}

fn read<M: Metadata>(document: &Document) -> Result<M, VerifyError> {
    M::read(document).map_err(|error| VerifyError::View {
        role: M::ROLE.into(),
        error,
    })
}

fn verify(document: &Document, role: RoleType, by: &Root) -> Result<Tally, VerifyError> {
    verify_threshold(document, &by.keys, by.roles.get(role)).map_err(|error| {
        VerifyError::Threshold {
            role: role.into(),
            by: Authority::Root(by.header.version),
            error,
        }
    })
}

fn not_expired(role: &Role, header: &Header, now: i64) -> Result<(), VerifyError> {
    if header.expires.is_past(now) {
        return Err(VerifyError::Expired {
            role: role.clone(),
            expires: header.expires.clone(),
        });
    }
    Ok(())
}

fn same_version(role: &Role, expected: u64, found: u64) -> Result<(), VerifyError> {
    if found == expected {
        Ok(())
    } else {
        Err(VerifyError::Version {
            role: role.clone(),
            expected,
            found,
        })
    }
}

fn not_lower(role: RoleType, trusted: u64, found: u64) -> Result<(), VerifyError> {
    if found >= trusted {
        Ok(())
    } else {
        Err(VerifyError::Rollback {
            role: role.into(),
            trusted,
            found,
        })
    }
}

/// No targets metadata disappears from a snapshot or becomes older (5.5.5).
fn keeps_entries(before: &Snapshot, new: &Snapshot) -> Result<(), VerifyError> {
    for (name, entry) in &before.meta {
        let trusted = entry.version;
        match new.meta.get(name).map(|entry| entry.version) {
            None => return Err(VerifyError::EntryGone(name.clone())),
            Some(found) if found < trusted => {
                return Err(VerifyError::EntryLower {
                    name: name.clone(),
                    trusted,
                    found,
                });
            }
            Some(_) => {}
        }
    }
    Ok(())
}
