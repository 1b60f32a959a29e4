use std::collections::BTreeMap;

use anyhow::Context;
use privyseal_tuf::{Document, Draft, Expires, MetaFile, Requirement, RoleType, Root, Targets};

use super::derive::{derive_snapshot, derive_timestamp, entry_of, listed};
use super::project::Project;
use super::published::Published;
use super::settings::Settings;
use crate::failure::Advice;

/// A repository as it will be: what is published, with the drafts over it.
#[derive(Clone, Debug)]
pub struct Work {
    settings: Settings,
    published: Published,
    drafts: BTreeMap<RoleType, Document>,
    /// Unix seconds.
    now: i64,
}

/// What a round of signatures would do for a role.
#[derive(Clone, Debug)]
pub enum Step {
    /// This document is signed, or has its signatures already.
    Document(Box<Document>),
    /// A new version is made once the file that it must name is finished.
    Follows {
        /// Its version.
        version: u64,
        /// Its expiry.
        expires: Expires,
    },
}

impl Work {
    /// Reads a project. `now` is in Unix seconds.
    pub fn load(project: &Project, now: i64) -> anyhow::Result<Self> {
        let published = project.published()?;
        let mut drafts = BTreeMap::new();
        for role in RoleType::ALL {
            // After an interrupted publication a draft can be there that is published already.
            let is_published = |draft: &Document| {
                published
                    .last(role)
                    .is_some_and(|last| last.payload() == draft.payload())
            };
            if let Some(draft) = project
                .drafts()
                .read(role)?
                .filter(|draft| !is_published(draft))
            {
                drafts.insert(role, draft);
            }
        }
        Ok(Self {
            settings: project.settings().clone(),
            published,
            drafts,
            now,
        })
    }

    /// What is published.
    pub fn published(&self) -> &Published {
        &self.published
    }

    /// The draft of a role.
    pub fn draft(&self, role: RoleType) -> Option<&Document> {
        self.drafts.get(&role)
    }

    /// The draft of a role, or else what is published of it.
    pub fn current(&self, role: RoleType) -> Option<&Document> {
        self.draft(role).or_else(|| self.published.last(role))
    }

    /// Replaces the draft of a role.
    pub fn set_draft(&mut self, role: RoleType, document: Document) {
        self.drafts.insert(role, document);
    }

    /// The expiry of a version that is made now.
    pub fn expires(&self, role: RoleType) -> anyhow::Result<Expires> {
        let seconds = self
            .now
            .saturating_add(self.settings.role(role).expires.seconds());
        Ok(Expires::from_seconds(seconds)?)
    }

    /// The version that a changed document of the role gets.
    pub fn next_version(&self, role: RoleType) -> u64 {
        next_version(self.published.version(role), role, self.draft(role))
    }

    /// Whose signatures the current document of a role needs.
    pub fn requirements(&self, role: RoleType) -> anyhow::Result<Vec<Requirement>> {
        let root = self.root()?;
        if role != RoleType::Root {
            return Ok(vec![Requirement::of(&root, role)]);
        }
        let roots = &self.published.roots;
        let before = match self.draft(RoleType::Root) {
            Some(_) => roots.last(),
            None => roots.len().checked_sub(2).and_then(|at| roots.get(at)),
        };
        let before = before.map(Document::root).transpose()?;
        Ok(Requirement::of_root(before.as_ref(), &root))
    }

    /// Whether the current document of a role has all signatures that it needs.
    pub fn is_complete(&self, role: RoleType) -> anyhow::Result<bool> {
        let Some(document) = self.current(role) else {
            return Ok(false);
        };
        let requirements = self.requirements(role)?;
        Ok(requirements
            .iter()
            .all(|requirement| requirement.tally(document).is_met()))
    }

    /// The document of a role that must be published next, made anew where what it names has
    /// changed. None where the published one stands.
    pub fn prepare(&self, role: RoleType) -> anyhow::Result<Option<Document>> {
        match role {
            RoleType::Root => Ok(self.draft(role).cloned()),
            RoleType::Targets => self.prepare_targets(),
            RoleType::Snapshot => self.prepare_above(role, RoleType::Targets),
            RoleType::Timestamp => self.prepare_above(role, RoleType::Snapshot),
        }
    }

    /// What a round of signatures would do for each role, from root to timestamp.
    pub fn preview(&self) -> anyhow::Result<Vec<(RoleType, Step)>> {
        let mut ahead = self.clone();
        let mut unfinished = false;
        let mut steps = Vec::new();
        for role in RoleType::ALL {
            let names_others = matches!(role, RoleType::Snapshot | RoleType::Timestamp);
            if names_others && unfinished {
                let (version, expires) = (ahead.next_version(role), ahead.expires(role)?);
                steps.push((role, Step::Follows { version, expires }));
                continue;
            }
            let Some(document) = ahead.prepare(role)? else {
                continue;
            };
            ahead.set_draft(role, document.clone());
            unfinished |= role != RoleType::Root && !ahead.is_complete(role)?;
            steps.push((role, Step::Document(Box::new(document))));
        }
        Ok(steps)
    }

    /// The root that decides who signs: the draft, or else the published one.
    pub fn root(&self) -> anyhow::Result<Root> {
        let document = self.current(RoleType::Root).ok_or_else(|| {
            Advice::failed(
                "the repository has no root",
                "make one with `privyseal repo init`",
            )
        })?;
        document.root().context("root")
    }

    /// The published root and the one that it will be, as far as there are any.
    pub fn roots(&self) -> impl Iterator<Item = Root> {
        let roots = [
            self.published().last(RoleType::Root),
            self.current(RoleType::Root),
        ];
        let roots = roots.into_iter().flatten();
        roots.filter_map(|root| root.root().ok())
    }

    /// A new version of the targets where their keys changed, so that the published one no longer
    /// has the signatures that it needs.
    fn prepare_targets(&self) -> anyhow::Result<Option<Document>> {
        let role = RoleType::Targets;
        if let Some(draft) = self.draft(role) {
            return Ok(Some(draft.clone()));
        }
        let Some(published) = self.published.last(role) else {
            return Err(Advice::failed(
                "the repository has no targets",
                "add some with `privyseal repo add`",
            )
            .into());
        };
        if self.is_complete(role)? {
            return Ok(None);
        }
        let mut draft = Draft::<Targets>::edit(published)?;
        draft.set_version(self.next_version(role));
        draft.set_expires(&self.expires(role)?);
        Ok(Some(draft.finish()?))
    }

    fn prepare_above(&self, role: RoleType, below: RoleType) -> anyhow::Result<Option<Document>> {
        let Some(file) = self.current(below) else {
            return Ok(None);
        };
        let entry = entry_of(below, file)?;
        let names_it = |document: &Document| {
            listed(role, document).is_some_and(|listed| agrees(&listed, &entry))
        };
        match self.draft(role) {
            Some(draft) if names_it(draft) => return Ok(Some(draft.clone())),
            Some(_) => {}
            None => {
                let stands = self.published.last(role).is_some_and(names_it);
                if stands && self.is_complete(role)? {
                    return Ok(None);
                }
            }
        }
        self.derive(role, &entry).map(Some)
    }

    fn derive(&self, role: RoleType, entry: &MetaFile) -> anyhow::Result<Document> {
        let (version, expires) = (self.next_version(role), self.expires(role)?);
        let before = self.current(role);
        match role {
            RoleType::Timestamp => derive_timestamp(before, version, &expires, entry),
            _ => derive_snapshot(before, version, &expires, entry),
        }
    }
}

/// The version of a changed document: one above the published one. A draft that carries a signature
/// keeps its version to itself, since an agent never signs two contents under one version. (Root's
/// versions have no gaps; a signed root is superseded instead.)
pub fn next_version(published: Option<u64>, role: RoleType, draft: Option<&Document>) -> u64 {
    let next = published.unwrap_or(0) + 1;
    let version = |draft: &Document| draft.view(role).ok().map(|view| view.version());
    match draft.and_then(|draft| Some((draft, version(draft)?))) {
        Some((draft, version)) if role != RoleType::Root && !draft.signatures().is_empty() => {
            version.max(next - 1) + 1
        }
        Some((_, version)) => version.max(next),
        None => next,
    }
}

/// What a published file leaves out (lengths and hashes are optional) does not contradict.
fn agrees(listed: &MetaFile, entry: &MetaFile) -> bool {
    listed.version == entry.version
        && listed
            .length
            .is_none_or(|length| Some(length) == entry.length)
        && listed.hashes.as_ref().is_none_or(|hashes| {
            hashes.sha256() == entry.hashes.as_ref().and_then(|hashes| hashes.sha256())
        })
}

#[cfg(test)]
mod tests;
