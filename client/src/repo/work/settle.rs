use std::collections::BTreeMap;
use std::sync::Arc;

use privyseal_tuf::{Document, MetaFile, Role, RoleName, RoleType};

use super::Work;
use super::delegator::{Delegator, is_bin};
use crate::repo::derive::{entry_of, listed};

impl Work {
    /// What can be published of a role: its draft, once that is finished, else what is published.
    ///
    /// An unfinished draft, which may collect signatures for weeks, holds up nothing else.
    pub fn settled(&self, role: &Role) -> anyhow::Result<Option<Arc<Document>>> {
        match self.draft(role) {
            Some(draft) if self.is_settled(role, draft)? => Ok(Some(Arc::clone(draft))),
            _ => self.published.document(role),
        }
    }

    fn is_settled(&self, role: &Role, draft: &Document) -> anyhow::Result<bool> {
        if self.ahead {
            return Ok(true);
        }
        match role {
            // A repository without a root asks its draft who signs.
            Role::Top(RoleType::Root) if self.published.roots.is_empty() => Ok(true),
            Role::Top(RoleType::Root) => self.is_complete(role),
            Role::Top(RoleType::Targets) | Role::Delegated(_) => Ok(self.is_complete(role)?
                && self.has_new_roles(draft)?
                && self.has_changed_roles(role)?),
            Role::Top(_) => Ok(self.is_complete(role)? && self.names_settled(role, draft)?),
        }
    }

    /// Whether every role that a draft is the first to delegate to has a finished document: without
    /// one, clients could not follow the delegation.
    fn has_new_roles(&self, draft: &Document) -> anyhow::Result<bool> {
        let Some(delegator) = Delegator::of(draft)? else {
            return Ok(true);
        };
        for name in delegator.delegations.names() {
            if !self.is_published(&name) && !self.is_drafted(&name)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether every published role to which a draft gives other keys has a document with their
    /// signatures: the one with those of the old keys counts for nothing once the draft is published.
    fn has_changed_roles(&self, role: &Role) -> anyhow::Result<bool> {
        for name in self.changed_below(role)? {
            let role = Role::from(name);
            let Some(document) = self.settled(&role)? else {
                return Ok(false);
            };
            let mut requirements = self.requirements(&role)?.into_iter();
            if !requirements.all(|asked| asked.tally(&document).is_met()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_published(&self, name: &RoleName) -> bool {
        self.published.version(&name.clone().into()).is_some()
    }

    fn is_drafted(&self, name: &RoleName) -> anyhow::Result<bool> {
        let role = Role::from(name.clone());
        match self.draft(&role) {
            Some(draft) => self.is_settled(&role, draft),
            None => Ok(false),
        }
    }

    fn names_settled(&self, role: &Role, draft: &Document) -> anyhow::Result<bool> {
        let (Some(kind), Some(entries)) = (role.top(), self.entries(role)?) else {
            return Ok(false);
        };
        Ok(names(kind, draft, &entries))
    }

    /// What a snapshot or timestamp must say of the files below it that have changed; none while
    /// there is nothing below it.
    pub(super) fn entries(
        &self,
        role: &Role,
    ) -> anyhow::Result<Option<BTreeMap<String, MetaFile>>> {
        let mut entries = BTreeMap::new();
        if *role == RoleType::Timestamp.into() {
            let role = RoleType::Snapshot.into();
            let Some(snapshot) = self.settled(&role)? else {
                return Ok(None);
            };
            entries.insert(role.meta_name(), entry_of(RoleType::Snapshot, &snapshot)?);
            return Ok(Some(entries));
        }
        let Some(targets) = self.settled(&Role::TARGETS)? else {
            return Ok(None);
        };
        entries.insert(
            Role::TARGETS.meta_name(),
            entry_of(RoleType::Targets, &targets)?,
        );
        for (role, draft) in &self.drafts {
            if let Some(name) = role.delegated()
                && self.is_delegated(role)?
                && self.is_settled(role, draft)?
            {
                entries.insert(role.meta_name(), self.entry(name, draft)?);
            }
        }
        Ok(Some(entries))
    }

    /// Thousands of bins stay small: a version says enough where the same keys sign all of them.
    fn entry(&self, name: &RoleName, document: &Document) -> anyhow::Result<MetaFile> {
        if self.is_bin(name)? {
            let version = document.view(RoleType::Targets)?.version();
            return Ok(MetaFile::of_version(version));
        }
        entry_of(RoleType::Targets, document)
    }

    /// Whether a role is a hashed bin for any of its delegators.
    pub(in crate::repo) fn is_bin(&self, name: &RoleName) -> anyhow::Result<bool> {
        for by in self.delegators_of(name) {
            let delegator = self.delegator(&by)?;
            let role = delegator.and_then(|delegator| delegator.role(name));
            if role.is_some_and(|role| is_bin(&role)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether any delegator, as it stands, delegates to a role; a top-level role needs none.
    pub fn is_delegated(&self, role: &Role) -> anyhow::Result<bool> {
        let Some(name) = role.delegated() else {
            return Ok(true);
        };
        for by in self.delegators_of(name) {
            if self
                .delegator(&by)?
                .is_some_and(|delegator| delegator.role(name).is_some())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a snapshot or timestamp says these things.
pub(super) fn names(
    role: RoleType,
    document: &Document,
    entries: &BTreeMap<String, MetaFile>,
) -> bool {
    let Some(said) = listed(role, document) else {
        return false;
    };
    let agree = |(name, entry): (&String, &MetaFile)| {
        said.get(name).is_some_and(|said| agrees(said, entry))
    };
    entries.iter().all(agree)
}

/// What a published file leaves out (lengths and hashes are optional) does not contradict.
fn agrees(listed: &MetaFile, entry: &MetaFile) -> bool {
    let same = |a: Option<u64>, b: Option<u64>| a.is_none() || b.is_none() || a == b;
    let sha256 = |file: &MetaFile| file.hashes.as_ref().and_then(|hashes| hashes.sha256());
    let hashes = match (sha256(listed), sha256(entry)) {
        (Some(listed), Some(entry)) => listed == entry,
        _ => true,
    };
    listed.version == entry.version && same(listed.length, entry.length) && hashes
}
