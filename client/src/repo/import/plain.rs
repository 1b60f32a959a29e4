use std::fs;
use std::path::Path;

use anyhow::Context;
use privyseal_tuf::{Document, Role, RoleType};

use crate::failure::Advice;

/// Gives versioned names to the metadata of a repository without consistent snapshots, beside the
/// plain names that its clients ask for: the project reads what is published by version.
pub(super) fn add_versions(metadata: &Path) -> anyhow::Result<()> {
    let snapshot = copy(metadata, &RoleType::Snapshot.into())?;
    for name in snapshot.snapshot()?.meta.keys() {
        let role: Option<Role> = name
            .strip_suffix(".json")
            .and_then(|name| name.parse().ok());
        // What nobody delegates to was not read.
        if let Some(role) = role
            && metadata.join(role.plain_file_name()).exists()
        {
            refuse_confusion(&role)?;
            copy(metadata, &role)?;
        }
    }
    Ok(())
}

/// Copies a document from its plain name to that of its version.
fn copy(metadata: &Path, role: &Role) -> anyhow::Result<Document> {
    let plain = role.plain_file_name();
    let bytes = fs::read(metadata.join(&plain)).with_context(|| plain.clone())?;
    let document = Document::parse(&bytes).with_context(|| plain)?;
    let name = role.file_name(document.view(role.kind())?.version());
    fs::write(metadata.join(&name), bytes).with_context(|| name)?;
    Ok(document)
}

/// A role "7.targets" without versions has the file name of targets version 7.
fn refuse_confusion(role: &Role) -> Result<(), Advice> {
    let number = role.as_str().split_once('.').map(|(number, _)| number);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if number.is_some_and(is_number) {
        return Err(Advice::failed(
            format!(
                "the delegated role {role} has a name that can't be told from a version of another one, in a repository without consistent snapshots"
            ),
            "delegate to a role of another name where the repository was made, then import it",
        ));
    }
    Ok(())
}
