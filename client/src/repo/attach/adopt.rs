use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{Document, Known, RoleType, Signing};

use super::{Attaching, source};
use crate::failure::Advice;
use crate::repo::draft_file::DraftFile;
use crate::repo::edit::place_root;
use crate::repo::project::Project;
use crate::repo::work::Work;

/// What an adopted draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// The draft of its role.
    Draft,
    /// A correction of the signed root draft, which an operator is to put in its place.
    Correction,
}

/// Puts the draft of a file in the place of the project's draft of the same version, with those of
/// its signatures that verify. The one that goes is kept among those that were given away.
pub fn adopt(project: &Project, work: &Work, file: &DraftFile) -> anyhow::Result<Adopted> {
    let role = &file.role;
    let attaching = Attaching::new(project, work, Some(role))?;
    attaching.check_repository(file)?;
    let ours = attaching.signings.get(role).map(Signing::document);
    let ours = ours.ok_or_else(|| super::no_draft(role))?;
    let our_version = ours.view(role.kind())?.version();
    if our_version != file.version()? {
        return Err(Advice::failed(
            format!("the draft here is {role} {our_version}, the file's is another version"),
            "only a draft of the same version is adopted",
        )
        .into());
    }
    let is_root = role.kind() == RoleType::Root;
    let signed = !ours.signatures().is_empty();
    if signed && !is_root {
        return Err(Advice::failed(
            format!("the draft of {role} here is signed already"),
            "an agent that signed it signs no other content of this version: make the next one",
        )
        .into());
    }
    let theirs = verified(file)?;
    project.exported().keep(role, ours)?;
    if is_root {
        place_root(project, work, &theirs, true)?;
    } else {
        project.drafts().write(role, &theirs)?;
    }
    Ok(if signed {
        Adopted::Correction
    } else {
        Adopted::Draft
    })
}

/// The file's document without signatures that don't verify.
fn verified(file: &DraftFile) -> anyhow::Result<Document> {
    let envelope = Object::from([
        ("signatures", Value::Array(Vec::new())),
        ("signed", Value::Object(file.document.signed().clone())),
    ]);
    let bare = Document::parse(&Value::Object(envelope).to_file())?;
    let mut signing = Signing::new(bare, file.requirements()?);
    for signature in source::entries(&file.document) {
        // One that does not verify is left behind.
        drop(signing.attach(&signature, &Known::default()));
    }
    Ok(signing.document().clone())
}
