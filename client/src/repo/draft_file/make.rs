use std::sync::Arc;

use privyseal_tuf::{Document, Role, RoleName, RoleType};

use super::{Before, DraftFile, MAX_BEFORE, MAX_ROOTS};
use crate::failure::Advice;
use crate::repo::{Project, Work};

impl DraftFile {
    /// A role's draft with all that a signer elsewhere needs.
    pub fn of(project: &Project, work: &Work, role: &Role) -> anyhow::Result<Self> {
        let document = work.draft(role).ok_or_else(|| no_draft(role))?;
        let settings = project.settings();
        let first_root = project.first_root(work.published())?;
        let file = Self {
            authority: settings.authority.clone(),
            repository: settings.repository.clone(),
            first_root: first_root.unwrap_or(document.payload().digest),
            role: role.clone(),
            document: Document::clone(document),
            before: before(work, role)?,
            roots: roots(work, role)?,
            delegators: delegators(work, role)?,
            owners: project.owners().by_keyid(settings)?,
            signers: Default::default(),
        };
        // What was put together must be read again.
        Self::parse(&file.to_bytes()?)?;
        Ok(file)
    }
}

fn before(work: &Work, role: &Role) -> anyhow::Result<Before> {
    let Some(document) = work.published().document(role)? else {
        return Ok(Before::Nothing);
    };
    if document.bytes().len() <= MAX_BEFORE {
        return Ok(Before::Document(Box::new(Document::clone(&document))));
    }
    Ok(Before::Omitted {
        version: document.view(role.kind())?.version(),
        digest: document.payload().digest,
    })
}

/// The published roots, as many of the last ones as there is room for, and for other roles the
/// finished draft that comes after them.
fn roots(work: &Work, role: &Role) -> anyhow::Result<Vec<Document>> {
    let root = Role::from(RoleType::Root);
    let mut roots = work.published().roots.clone();
    if *role != root
        && let Some(draft) = work.draft(&root)
        && (work.published().roots.is_empty() || work.is_complete(&root)?)
    {
        roots.push(finished(work, &root, draft)?);
    }
    let mut room = MAX_ROOTS;
    let mut kept: Vec<Document> = Vec::new();
    for root in roots.iter().rev() {
        let bytes = root.bytes().len();
        if bytes > room && !kept.is_empty() {
            break;
        }
        room = room.saturating_sub(bytes);
        kept.push(Document::clone(root));
    }
    kept.reverse();
    Ok(kept)
}

/// The documents that lead to a delegated role, each after those that it is delegated by.
fn delegators(work: &Work, role: &Role) -> anyhow::Result<Vec<(Role, Document)>> {
    let mut found: Vec<(Role, Document)> = Vec::new();
    if let Some(name) = role.delegated() {
        add_delegators(work, name, &mut found)?;
    }
    Ok(found)
}

fn add_delegators(
    work: &Work,
    name: &RoleName,
    found: &mut Vec<(Role, Document)>,
) -> anyhow::Result<()> {
    for by in work.delegators_of(name) {
        if found.iter().any(|(role, _)| *role == by) {
            continue;
        }
        if let Some(name) = by.delegated() {
            add_delegators(work, name, found)?;
        }
        let published = work.published().document(&by)?;
        let document = match (work.draft(&by), published) {
            (Some(draft), None) => Some(finished(work, &by, draft)?),
            (Some(draft), Some(_)) if work.is_complete(&by)? => Some(Arc::clone(draft)),
            (_, published) => published,
        };
        if let Some(document) = document {
            found.push((by, Document::clone(&document)));
        }
    }
    Ok(())
}

/// A document that others must be able to rely on.
fn finished(work: &Work, role: &Role, document: &Arc<Document>) -> anyhow::Result<Arc<Document>> {
    if work.is_complete(role)? {
        return Ok(Arc::clone(document));
    }
    Err(Advice::needs_person(
        format!("{role} misses signatures, and says who signs for what comes after it"),
        format!("finish it first: `privyseal repo draft export {role}`"),
    )
    .into())
}

fn no_draft(role: &Role) -> Advice {
    Advice::failed(
        format!("{role} has no draft: there is nothing to sign"),
        "`privyseal repo status` shows the drafts",
    )
}
