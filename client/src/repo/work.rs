mod delegator;
mod prepare;
mod require;
mod settle;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use privyseal_tuf::{Document, Expires, Role, RoleType};

use super::project::Project;
use super::published::Published;
use super::settings::{Period, Settings};
use delegator::Delegator;

pub use prepare::Step;

/// A repository as it will be: what is published, with the drafts over it.
#[derive(Clone, Debug)]
pub struct Work {
    settings: Settings,
    published: Rc<Published>,
    drafts: BTreeMap<Role, Arc<Document>>,
    /// What delegators say, read once.
    delegators: RefCell<BTreeMap<Role, Rc<Delegator>>>,
    /// Which roles have all their signatures, verified once.
    complete: RefCell<BTreeMap<Role, bool>>,
    /// Drafts are taken for finished, to see what comes after.
    ahead: bool,
    /// Unix seconds.
    now: i64,
}

impl Work {
    /// Reads a project. `now` is in Unix seconds.
    pub fn load(project: &Project, now: i64) -> anyhow::Result<Self> {
        let published = project.published()?;
        let mut drafts = BTreeMap::new();
        for role in project.drafts().roles()? {
            // After an interrupted publication a draft can be there that is published already. And
            // what names others may have been renewed meanwhile, by a timer: it is made anew.
            let is_past = |draft: &Document| {
                let version = draft.view(role.kind())?.version();
                let last = published.version(&role).unwrap_or(0);
                if matches!(role.top(), Some(RoleType::Snapshot | RoleType::Timestamp)) {
                    return anyhow::Ok(version <= last);
                }
                if version != last {
                    return Ok(false);
                }
                let last = published.document(&role)?;
                Ok(last.is_some_and(|last| last.payload() == draft.payload()))
            };
            if let Some(draft) = project.drafts().read(&role)?
                && !is_past(&draft)?
            {
                drafts.insert(role, Arc::new(draft));
            }
        }
        Ok(Self {
            settings: project.settings().clone(),
            published: Rc::new(published),
            drafts,
            delegators: RefCell::default(),
            complete: RefCell::default(),
            ahead: false,
            now,
        })
    }

    /// The same without drafts: as clients see it.
    pub fn as_published(&self) -> Self {
        let mut published = self.clone();
        published.drafts.clear();
        published.forget();
        published
    }

    /// The time that it was read for, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// What is published.
    pub fn published(&self) -> &Published {
        &self.published
    }

    /// The draft of a role.
    pub fn draft(&self, role: &Role) -> Option<&Arc<Document>> {
        self.drafts.get(role)
    }

    /// The roles that have a draft.
    pub fn drafted(&self) -> impl Iterator<Item = &Role> {
        self.drafts.keys()
    }

    /// The draft of a role, or else what is published of it.
    pub fn current(&self, role: &Role) -> anyhow::Result<Option<Arc<Document>>> {
        match self.draft(role) {
            Some(draft) => Ok(Some(Arc::clone(draft))),
            None => self.published.document(role),
        }
    }

    /// Replaces the draft of a role.
    pub fn set_draft(&mut self, role: Role, document: impl Into<Arc<Document>>) {
        let document = document.into();
        let was_delegator = self.delegators.get_mut().remove(&role).is_some();
        if role.kind() == RoleType::Root || was_delegator || Delegator::is_one(&document) {
            // Whose signatures anything needs may be other ones now.
            self.forget();
        } else {
            self.complete.get_mut().remove(&role);
        }
        self.drafts.insert(role, document);
    }

    fn forget(&mut self) {
        self.delegators.get_mut().clear();
        self.complete.get_mut().clear();
    }

    /// The expiry of a version that is made now.
    pub fn expires(&self, role: &Role) -> anyhow::Result<Expires> {
        self.expires_in(self.settings.expires(role))
    }

    /// The expiry of what is valid for a period from now.
    pub fn expires_in(&self, period: Period) -> anyhow::Result<Expires> {
        Ok(Expires::from_seconds(
            self.now.saturating_add(period.seconds()),
        )?)
    }

    /// The version that a changed document of the role gets.
    pub fn next_version(&self, role: &Role) -> u64 {
        let draft = self.draft(role).map(Arc::as_ref);
        next_version(self.published.version(role), role, draft)
    }
}

/// The version of a changed document: one above the published one. A draft that carries a signature
/// keeps its version to itself, since an agent never signs two contents under one version. (Root's
/// versions have no gaps; a signed root is superseded instead.)
pub fn next_version(published: Option<u64>, role: &Role, draft: Option<&Document>) -> u64 {
    let next = published.unwrap_or(0) + 1;
    let version = |draft: &Document| draft.view(role.kind()).ok().map(|view| view.version());
    match draft.and_then(|draft| Some((draft, version(draft)?))) {
        Some((draft, version))
            if role.kind() != RoleType::Root && !draft.signatures().is_empty() =>
        {
            version.max(next - 1) + 1
        }
        Some((_, version)) => version.max(next),
        None => next,
    }
}
