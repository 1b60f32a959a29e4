//! Leaves a draft file of a root that misses signatures.

use std::path::{Path, PathBuf};

use super::desk::{Desk, Place};
use crate::failure::Advice;
use crate::file::{self, Access};
use crate::trust::publish::Published;

/// What was published; or, where a root misses signatures, an error that says where its draft is.
pub(super) async fn or_draft(
    desk: &Desk,
    place: &Place<'_>,
    published: anyhow::Result<Published>,
) -> anyhow::Result<Published> {
    let error = match published {
        Ok(published) => return Ok(published),
        Err(error) => error,
    };
    let publisher = place.publisher();
    let Ok(state) = publisher.load().await else {
        return Err(error);
    };
    let (Ok(Some(waiting)), Some(authority)) = (publisher.waiting(&state), desk.authority()) else {
        return Err(error);
    };
    let draft = waiting.draft(authority, &state)?;
    let path = PathBuf::from(draft.file_name()?);
    file::write_atomically(&path, &draft.to_bytes()?, Access::Public)?;
    Err(waits(&error, &path, place).into())
}

fn waits(error: &anyhow::Error, path: &Path, place: &Place<'_>) -> Advice {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let (path, gun) = (path.display(), place.home().gun());
    Advice::needs_person(
        format!(
            "{}. Nothing is published; the root waits, and its draft is in {path}",
            causes.join(": ")
        ),
        format!(
            "take {path} to where the key is: `privyseal draft sign {path}`; back here: `privyseal trust publish {gun} --draft {path}`. Or bring the agent back: `privyseal trust publish {gun}`"
        ),
    )
}
