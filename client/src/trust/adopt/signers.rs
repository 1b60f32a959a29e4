use std::collections::BTreeMap;

use privyseal_tuf::{Key, KeyId, Requirement, Role, RoleName};

use super::{AdoptError, Left, OldKeys, Plan, Replaced};
use crate::trust::change::Change;
use crate::trust::edit::{EditError, Edition};
use crate::trust::hands::{Hand, Hands};
use crate::trust::publish::State;

/// The delegations of a repository, and who is to sign for them.
pub(super) struct Signers<'a> {
    pub(super) state: &'a State,
    pub(super) old: &'a OldKeys,
    pub(super) hands: &'a Hands<'a>,
    /// New keys by the names of signers.
    pub(super) wanted: &'a BTreeMap<String, Hand>,
    /// Whether the top-level targets will be signed here.
    pub(super) signs_targets: bool,
}

/// A key of a role that is in a file, and the one that is to take its place.
struct Exchange<'a> {
    old: KeyId,
    new: &'a Hand,
}

impl Signers<'_> {
    /// Replaces the keys of every delegated role, where that loses nothing.
    pub(super) fn replace(&self, plan: &mut Plan, now: i64) -> Result<(), AdoptError> {
        let mut edition = Edition::over(&self.state.base, now);
        for name in edition.delegated_roles() {
            let required = edition.requirements(&Role::Delegated(name.clone()))?;
            let exchanges = self.exchanges(&name, &required)?;
            if exchanges.is_empty() {
                continue;
            }
            let why = match self.signs_delegator(&edition, &name)? {
                false => Some("whoever delegates to it signs elsewhere".to_owned()),
                true => self.try_role(&mut edition, &name, &exchanges, plan)?,
            };
            for exchange in exchanges {
                let role = name.to_string();
                match &why {
                    Some(why) => plan.left.push(Left {
                        role,
                        keyid: exchange.old,
                        why: why.clone(),
                    }),
                    None => plan.signers.push(Replaced {
                        role,
                        old: exchange.old,
                        new: exchange.new.name(),
                    }),
                }
            }
        }
        Ok(())
    }

    fn exchanges(
        &self,
        name: &RoleName,
        required: &[Requirement],
    ) -> Result<Vec<Exchange<'_>>, AdoptError> {
        let mut exchanges = Vec::new();
        let keys = required.iter().flat_map(|required| required.keys.values());
        for old in keys.filter_map(|key| self.old.of(key)) {
            let last = name.as_str().rsplit('/').next().unwrap_or_default();
            let signer = old.signer().unwrap_or(last);
            let new = self.successor(signer).ok_or_else(|| AdoptError::NoSigner {
                signer: signer.to_owned(),
                role: name.to_string(),
            })?;
            exchanges.push(Exchange {
                old: old.keyid.clone(),
                new,
            });
        }
        Ok(exchanges)
    }

    fn successor(&self, signer: &str) -> Option<&Hand> {
        self.wanted.get(signer).or_else(|| {
            let keys = self.hands.for_role(&self.state.known.gun, "delegation");
            let is_it = |hand: &&Hand| hand.held.key.name == signer && hand.held.key.usable;
            keys.into_iter().find(is_it)
        })
    }

    /// Whether the role that delegates to this one will be signed here.
    fn signs_delegator(&self, edition: &Edition<'_>, name: &RoleName) -> Result<bool, AdoptError> {
        let delegator = name.as_str().rsplit_once('/').map(|(parent, _)| parent);
        match delegator.map(str::parse::<RoleName>) {
            Some(Ok(parent)) if parent.as_str() != "targets" => {
                let required = edition.requirements(&Role::Delegated(parent))?;
                Ok(required
                    .iter()
                    .all(|required| self.hands.can_sign(required)))
            }
            _ => Ok(self.signs_targets),
        }
    }

    /// Gives a role its new keys, unless its tags would be lost: then it says why not.
    fn try_role(
        &self,
        edition: &mut Edition<'_>,
        name: &RoleName,
        exchanges: &[Exchange<'_>],
        plan: &mut Plan,
    ) -> Result<Option<String>, AdoptError> {
        let role = Role::Delegated(name.clone());
        let mut next = edition.clone();
        let mut changes = Vec::new();
        for exchange in exchanges {
            let required = next.requirements(&role)?;
            let mut keys = required.iter().flat_map(|required| required.keys.values());
            let new = exchange.new.key.fingerprint();
            if !keys.any(|key| key.fingerprint() == new) {
                changes.push(add(name, &exchange.new.key)?);
                apply_last(&mut next, &changes)?;
            }
        }
        let mut olds: Vec<String> = exchanges.iter().map(|it| it.old.to_string()).collect();
        olds.dedup();
        changes.push(Change::Undelegate {
            role: name.to_string(),
            keyids: olds,
            paths: Vec::new(),
            all_paths: false,
        });
        match apply_last(&mut next, &changes) {
            Err(EditError::Unreachable { threshold, .. }) => {
                return Ok(Some(format!("it needs {threshold} different keys")));
            }
            other => other?,
        }
        let required = next.requirements(&role)?;
        let lost = self.state.base.document(&role).is_some_and(|document| {
            let stays = |it: &Requirement| it.tally(document).is_met();
            !required
                .iter()
                .all(|it| stays(it) || self.hands.can_sign(it))
        });
        if lost {
            return Ok(Some("it needs signatures by others, too".to_owned()));
        }
        plan.changes.extend(changes);
        *edition = next;
        Ok(None)
    }
}

fn add(name: &RoleName, key: &Key) -> Result<Change, EditError> {
    let public = key.public();
    let public = public.map_err(|problem| EditError::Content(problem.to_string()))?;
    Ok(Change::Delegate {
        role: name.to_string(),
        keys: vec![public.to_spki_pem()],
        paths: Vec::new(),
        threshold: None,
    })
}

fn apply_last(edition: &mut Edition<'_>, changes: &[Change]) -> Result<(), EditError> {
    changes
        .last()
        .map_or(Ok(()), |change| edition.apply(change))
}
