use privyseal_tuf::{RoleType, Root};

use super::{AdoptError, OldKeys};
use crate::trust::home::RepositoryHome;
use crate::trust::publish::{PendingRoot, PublishError, State};

/// A root that an earlier run began, and that was not published yet.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What it says.
    pub root: Root,
}

/// The root that an earlier run began, where it is still the next.
///
/// # Errors
/// Where what is kept of it can't be read, or it was begun for something else: it still names a key
/// that is in a file.
pub fn begun(
    home: &RepositoryHome,
    state: &State,
    old: &OldKeys,
) -> Result<Option<Begun>, BegunError> {
    let Some(document) = PendingRoot::of(home).read()? else {
        return Ok(None);
    };
    let Ok(root) = document.root() else {
        return Ok(None);
    };
    let version = root.header.version;
    if version != state.base.version(&RoleType::Root.into()).saturating_add(1) {
        // The publisher drops it.
        return Ok(None);
    }
    match root.keys.values().any(|key| old.of(key).is_some()) {
        true => Err(AdoptError::OtherRoot(version).into()),
        false => Ok(Some(Begun { root })),
    }
}

/// Why a begun root does not go on.
#[derive(Debug, thiserror::Error)]
pub enum BegunError {
    /// It is another one.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// It can't be read.
    #[error(transparent)]
    Publish(#[from] PublishError),
}
