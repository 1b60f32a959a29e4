use std::collections::BTreeMap;

use privyseal_tuf::{Document, Draft, Metadata, Role, RoleType, Snapshot, Targets, Timestamp};

use super::project::Project;
use super::root::{RootChange, draft_root};
use super::work::Work;
use crate::failure::Advice;

/// The next version of the top-level targets or a delegated role, to be edited: of the draft, of
/// what is published, or the first.
pub fn edit_targets(work: &Work, role: &Role) -> anyhow::Result<Draft<Targets>> {
    let (version, expires) = (work.next_version(role), work.expires(role)?);
    let Some(current) = work.current(role)? else {
        return Ok(Draft::targets(version, &expires));
    };
    let mut draft = Draft::<Targets>::edit(&current)?;
    draft.set_version(version);
    draft.set_expires(&expires);
    Ok(draft)
}

/// The next version of a role with a later expiry and nothing else changed.
pub fn renewed(project: &Project, work: &Work, role: &Role) -> anyhow::Result<Document> {
    match role {
        Role::Top(RoleType::Root) => draft_root(
            project.settings(),
            &RootChange {
                published: work.published().last(RoleType::Root).map(AsRef::as_ref),
                drafted: work.draft(role).map(AsRef::as_ref),
                held: &BTreeMap::new(),
                expires: work.expires(role)?,
            },
        ),
        Role::Top(RoleType::Snapshot) => later::<Snapshot>(work, role),
        Role::Top(RoleType::Timestamp) => later::<Timestamp>(work, role),
        Role::Top(RoleType::Targets) => Ok(edit_targets(work, role)?.finish()?),
        Role::Delegated(_) => later::<Targets>(work, role),
    }
}

/// Whether a snapshot or timestamp says the same as the one before it, but for its version and expiry
/// and, of a timestamp, the version and content of the snapshot that it names.
pub fn is_renewal(role: RoleType, before: &Document, document: &Document) -> anyhow::Result<bool> {
    let again = match role {
        RoleType::Snapshot => {
            let mut draft = Draft::<Snapshot>::edit(document)?;
            let header = before.snapshot()?.header;
            draft.set_version(header.version);
            draft.set_expires(&header.expires);
            draft.finish()?
        }
        RoleType::Timestamp => {
            let mut draft = Draft::<Timestamp>::edit(document)?;
            let Timestamp { header, snapshot } = before.timestamp()?;
            draft.set_version(header.version);
            draft.set_expires(&header.expires);
            draft.set_snapshot(&snapshot);
            draft.finish()?
        }
        RoleType::Root | RoleType::Targets => return Ok(false),
    };
    Ok(again.payload() == before.payload())
}

fn later<M: Metadata>(work: &Work, role: &Role) -> anyhow::Result<Document> {
    let current = work.current(role)?.ok_or_else(|| {
        Advice::failed(
            format!("there is no {role} metadata to renew yet"),
            "`privyseal repo sign` makes the first; a delegated role's is made by `privyseal repo delegate`",
        )
    })?;
    let mut draft = Draft::<M>::edit(&current)?;
    draft.set_version(work.next_version(role));
    draft.set_expires(&work.expires(role)?);
    Ok(draft.finish()?)
}

/// Makes a root the draft. A draft that is signed already stays: the new one becomes a correction
/// where that is asked for, and is refused otherwise.
pub fn place_root(
    project: &Project,
    work: &Work,
    root: &Document,
    correct: bool,
) -> anyhow::Result<()> {
    let role = RoleType::Root.into();
    let signed = work
        .draft(&role)
        .filter(|draft| !draft.signatures().is_empty());
    match (signed, correct) {
        (None, _) => project.drafts().write(&role, root),
        (Some(_), true) => project.drafts().write_correction(root),
        (Some(draft), false) => Err(signed_root(draft).into()),
    }
}

/// Refuses to change a root that carries signatures.
pub(super) fn signed_root(draft: &Document) -> Advice {
    let signatures = draft.signatures().len();
    Advice::failed(
        format!(
            "the root draft carries {signatures} signatures already: an agent never signs two contents of one root version, and root versions have no gaps"
        ),
        "finish it with `privyseal repo sign` and `privyseal repo publish`, then make the next version; or repeat this command with --correct, and have an operator run `privyseal repo supersede root --reason TEXT`",
    )
}
