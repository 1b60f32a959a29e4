use privyseal_tuf::{Requirement, Role};

use super::{Intent, PublishError, Publisher, Request, State};
use crate::trust::change::Change;
use crate::trust::edit::Edition;
use crate::trust::hands::Hands;

/// A tag that stays signed by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillSigned {
    /// The tag.
    pub target: String,
    /// The role that lists it.
    pub role: String,
}

impl Publisher<'_> {
    /// The changes of a request, in the roles of the repository as it is now; and what would stay
    /// signed all the same.
    pub(super) fn resolve(
        &self,
        state: &State,
        request: &Request,
        edition: &mut Edition<'_>,
        hands: &Hands<'_>,
    ) -> Result<(Vec<Change>, Vec<StillSigned>), PublishError> {
        let mut changes = request.changes.clone();
        let mut still = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            edition
                .apply(change)
                .map_err(|source| PublishError::Change {
                    number: request.staged.get(at).copied(),
                    change: Box::new(change.clone()),
                    source,
                })?;
        }
        let can_sign = |required: &Requirement| hands.can_sign(required);
        for intent in &request.intents {
            let (new, left) = self.of_intent(state, intent, edition, &can_sign)?;
            for change in &new {
                edition
                    .apply(change)
                    .map_err(|source| PublishError::Change {
                        number: None,
                        change: Box::new(change.clone()),
                        source,
                    })?;
            }
            changes.extend(new);
            still.extend(left);
        }
        Ok((changes, still))
    }

    fn of_intent(
        &self,
        state: &State,
        intent: &Intent,
        edition: &Edition<'_>,
        can_sign: &dyn Fn(&Requirement) -> bool,
    ) -> Result<(Vec<Change>, Vec<StillSigned>), PublishError> {
        match intent {
            Intent::Sign { target, content } => {
                let roles = edition.roles_to_sign(target, can_sign);
                if roles.is_empty() {
                    return Err(PublishError::NoSigner {
                        gun: self.gun().clone(),
                        target: target.clone(),
                        signers: signers(edition),
                    });
                }
                let set = |role: &Role| Change::SetTarget {
                    role: role.to_string(),
                    target: target.clone(),
                    content: content.clone(),
                };
                Ok((roles.iter().map(set).collect(), Vec::new()))
            }
            Intent::Revoke { target } => self.revoked(target, edition, can_sign),
            Intent::RevokeAll => {
                let listed = state.base.targets.values();
                let listed = listed.flat_map(|(_, targets)| targets.targets.keys());
                let mut all: Vec<&str> = listed.map(|path| path.as_str()).collect();
                all.sort_unstable();
                all.dedup();
                let (mut changes, mut still) = (Vec::new(), Vec::new());
                for target in all {
                    match self.revoked(target, edition, can_sign) {
                        Ok((new, left)) => {
                            changes.extend(new);
                            still.extend(left);
                        }
                        Err(PublishError::NoSigner { target, .. }) => {
                            let roles = edition.roles_with(&target).into_iter();
                            still.extend(roles.map(|role| StillSigned {
                                target: target.clone(),
                                role: role.to_string(),
                            }));
                        }
                        Err(error) => return Err(error),
                    }
                }
                Ok((changes, still))
            }
        }
    }

    fn revoked(
        &self,
        target: &str,
        edition: &Edition<'_>,
        can_sign: &dyn Fn(&Requirement) -> bool,
    ) -> Result<(Vec<Change>, Vec<StillSigned>), PublishError> {
        let roles = edition.roles_with(target);
        if roles.is_empty() {
            return Err(PublishError::NotSigned {
                gun: self.gun().clone(),
                target: target.to_owned(),
            });
        }
        let signs = |role: &Role| {
            let required = edition.requirements(role);
            required.is_ok_and(|required| required.iter().all(can_sign))
        };
        let (ours, others): (Vec<Role>, Vec<Role>) = roles.into_iter().partition(signs);
        if ours.is_empty() {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            return Err(PublishError::NoSigner {
                gun: self.gun().clone(),
                target: target.to_owned(),
                signers: others.join(", "),
            });
        }
        let remove = |role: Role| Change::RemoveTarget {
            role: role.to_string(),
            target: target.to_owned(),
        };
        let left = |role: Role| StillSigned {
            target: target.to_owned(),
            role: role.to_string(),
        };
        Ok((
            ours.into_iter().map(remove).collect(),
            others.into_iter().map(left).collect(),
        ))
    }
}

/// The roles that may sign tags, for a person.
fn signers(edition: &Edition<'_>) -> String {
    let roles = edition.delegated_roles();
    match roles.as_slice() {
        [] => "those with a key of targets".to_owned(),
        roles => {
            let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            names.join(", ")
        }
    }
}
