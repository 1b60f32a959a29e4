use super::descent::{Descent, MAX_SEARCHED, Step};
use super::link::Delegator;
use super::{TrustedRepository, VerifyError};
use crate::{MetaFile, Role, Target, TargetPath};

/// A target and the role that vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The role.
    pub role: Role,
    /// What it says of the file.
    pub target: Target,
}

/// Why a search came to no answer.
#[derive(Debug, thiserror::Error)]
pub enum FindError<E> {
    /// The document of a role on the way does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The document of a role on the way could not be had.
    #[error("{role}: {error}")]
    Fetch {
        /// The role.
        role: Role,
        /// Why.
        error: E,
    },
    /// More roles than [`MAX_SEARCHED`] would have to be asked.
    #[error("more than {MAX_SEARCHED} delegated roles would have to be asked for {0}")]
    TooManyRoles(TargetPath),
}

impl TrustedRepository {
    /// Finds a target as a client does (spec, section 5.6.7): the top-level targets are asked first,
    /// then the delegations that cover the path, depth first. `fetch` gives the bytes of the
    /// document of a role that the snapshot describes so; each is verified before it is asked.
    pub fn find_target<E>(
        &self,
        path: &TargetPath,
        mut fetch: impl FnMut(&Role, &MetaFile) -> Result<Vec<u8>, E>,
    ) -> Result<Option<Found>, FindError<E>> {
        let (top, snapshot) = self.top()?;
        let mut descent = Descent::new();
        let mut asked = (Role::TARGETS, top.clone());
        loop {
            let (role, targets) = asked;
            if let Some(target) = targets.targets.get(path) {
                let target = target.clone();
                return Ok(Some(Found { role, target }));
            }
            if let Some(delegator) = Delegator::new(role, &targets) {
                let covering = delegator.delegations.of(path).into_iter();
                descent.enter(covering.map(|delegation| Step {
                    name: delegation.name.clone(),
                    terminating: delegation.terminating,
                    with: delegator.link(delegation, snapshot, self.now),
                }));
            }
            let Some((name, link)) = descent.next() else {
                return Ok(None);
            };
            if descent.asked() > MAX_SEARCHED {
                return Err(FindError::TooManyRoles(path.clone()));
            }
            let role = Role::from(name);
            let bytes = fetch(&role, link.file()?).map_err(|error| FindError::Fetch {
                role: role.clone(),
                error,
            })?;
            asked = (role, link.verify(&bytes)?.targets);
        }
    }
}
