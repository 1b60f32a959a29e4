use privyseal_tuf::{Document, Expires, Requirement, Role, RoleType};

use super::{EditError, Edition};

/// How long new documents are good, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of roots.
    pub root: i64,
    /// Of targets and delegations.
    pub targets: i64,
    /// Of snapshots.
    pub snapshot: i64,
}

const DAY: i64 = 86_400;

/// As notary has them: ten years, and three.
impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            root: 3650 * DAY,
            targets: 3 * 365 * DAY,
            snapshot: 3 * 365 * DAY,
        }
    }
}

/// The documents of an edition, in the order of their trust.
#[derive(Clone, Debug, Default)]
pub struct Drafted {
    /// Root, targets, then delegated roles, each after its delegator.
    pub documents: Vec<DraftedDocument>,
}

/// A document that is to be signed.
#[derive(Clone, Debug)]
pub struct DraftedDocument {
    /// Its role.
    pub role: Role,
    /// The document.
    pub document: Document,
    /// Whose signatures it needs.
    pub requirements: Vec<Requirement>,
}

impl Edition<'_> {
    /// The documents, with their versions and expiries.
    ///
    /// # Errors
    /// Where one can't be written.
    pub fn finish(self, lifetimes: Lifetimes) -> Result<Drafted, EditError> {
        let mut drafted = Drafted::default();
        let (base, now) = (self.base, self.now);
        let version = |role: &Role| base.next_version(role);
        if let Some(edit) = self.root.clone() {
            let role = Role::from(RoleType::Root);
            let expires = expires(now, lifetimes.root)?;
            drafted.documents.push(DraftedDocument {
                // No root is skipped, whatever was signed and thrown away.
                document: edit.finish(base.version(&role).saturating_add(1), &expires)?,
                requirements: self.requirements(&role)?,
                role,
            });
        }
        // Names of delegated roles are longer than those of their delegators.
        for (role, working) in &self.working {
            drafted.documents.push(DraftedDocument {
                document: working
                    .clone()
                    .finish(version(role), &expires(now, lifetimes.targets)?)?,
                requirements: self.requirements(role)?,
                role: role.clone(),
            });
        }
        Ok(drafted)
    }
}

/// The expiry of what is made now.
pub(crate) fn expires(now: i64, lifetime: i64) -> Result<Expires, EditError> {
    Ok(Expires::from_seconds(now.saturating_add(lifetime))?)
}
