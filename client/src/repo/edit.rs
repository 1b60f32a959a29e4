use std::collections::BTreeMap;

use privyseal_tuf::{Document, Draft, RoleType, Snapshot, Targets, Timestamp};

use super::project::Project;
use super::root::{RootChange, draft_root};
use super::work::Work;
use crate::failure::Advice;

/// The next version of the targets, to be edited: of the draft, of what is published, or the first.
pub fn edit_targets(work: &Work) -> anyhow::Result<Draft<Targets>> {
    let role = RoleType::Targets;
    let (version, expires) = (work.next_version(role), work.expires(role)?);
    let Some(current) = work.current(role) else {
        return Ok(Draft::targets(version, &expires));
    };
    let mut draft = Draft::<Targets>::edit(current)?;
    draft.set_version(version);
    draft.set_expires(&expires);
    Ok(draft)
}

/// The next version of a role with a later expiry and nothing else changed.
pub fn renewed(project: &Project, work: &Work, role: RoleType) -> anyhow::Result<Document> {
    let expires = work.expires(role)?;
    let version = work.next_version(role);
    let current = || {
        work.current(role).ok_or_else(|| {
            Advice::failed(
                format!("there is no {role} metadata to renew yet"),
                "`privyseal repo sign` makes the first",
            )
        })
    };
    match role {
        RoleType::Root => draft_root(
            project.settings(),
            &RootChange {
                published: work.published().last(role),
                drafted: work.draft(role),
                held: &BTreeMap::new(),
                expires,
            },
        ),
        RoleType::Targets => Ok(edit_targets(work)?.finish()?),
        RoleType::Snapshot => {
            let mut draft = Draft::<Snapshot>::edit(current()?)?;
            draft.set_version(version);
            draft.set_expires(&expires);
            Ok(draft.finish()?)
        }
        RoleType::Timestamp => {
            let mut draft = Draft::<Timestamp>::edit(current()?)?;
            draft.set_version(version);
            draft.set_expires(&expires);
            Ok(draft.finish()?)
        }
    }
}

/// Makes a root the draft. A draft that is signed already stays: the new one becomes a correction
/// where that is asked for, and is refused otherwise.
pub fn place_root(
    project: &Project,
    work: &Work,
    root: &Document,
    correct: bool,
) -> anyhow::Result<()> {
    let signed = work
        .draft(RoleType::Root)
        .filter(|draft| !draft.signatures().is_empty());
    match (signed, correct) {
        (None, _) => project.drafts().write(RoleType::Root, root),
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
