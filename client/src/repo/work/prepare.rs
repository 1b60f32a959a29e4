use std::collections::BTreeSet;
use std::sync::Arc;

use privyseal_tuf::{Document, Draft, Expires, Role, RoleType, Targets};

use super::Work;
use super::settle::names;
use crate::failure::Advice;
use crate::repo::derive::{derive_snapshot, derive_timestamp};

/// What a round of signatures would do for a role.
#[derive(Clone, Debug)]
pub enum Step {
    /// This document is signed, or has its signatures already.
    Document(Arc<Document>),
    /// A new version is made once the file that it must name is finished.
    Follows {
        /// Its version.
        version: u64,
        /// Its expiry.
        expires: Expires,
    },
}

impl Work {
    /// The roles that a round of signatures goes through: delegators before those that they
    /// delegate to, what names others after them.
    pub fn order(&self) -> anyhow::Result<Vec<Role>> {
        let mut delegated: BTreeSet<Role> = BTreeSet::new();
        for role in self.drafts.keys() {
            if role.delegated().is_some() {
                delegated.insert(role.clone());
            }
            if role.kind() == RoleType::Targets {
                delegated.extend(self.changed_below(role)?.into_iter().map(Role::from));
            }
        }
        let mut delegated: Vec<(usize, Role)> = delegated
            .into_iter()
            .map(|role| (self.depth(&role), role))
            .collect();
        delegated.sort();
        let mut order = vec![RoleType::Root.into(), Role::TARGETS];
        order.extend(delegated.into_iter().map(|(_, role)| role));
        order.extend([RoleType::Snapshot.into(), RoleType::Timestamp.into()]);
        Ok(order)
    }

    /// The four roles and the delegated ones that have names of their own, in the order of their
    /// trust: not the bins, which can be thousands.
    pub fn named_roles(&self) -> Vec<Role> {
        let delegated = self.settings.delegated.iter();
        let names = delegated.filter_map(|(name, _)| name.parse().ok());
        let mut named: Vec<(usize, Role)> = names
            .filter(|role: &Role| self.published.version(role).is_some())
            .map(|role| (self.depth(&role), role))
            .collect();
        named.sort();
        let named = named.into_iter().map(|(_, role)| role);
        let [root, targets, snapshot, timestamp] = RoleType::ALL.map(Role::from);
        [root, targets]
            .into_iter()
            .chain(named)
            .chain([snapshot, timestamp])
            .collect()
    }

    /// The published hashed bins of every delegator.
    pub fn bins(&self) -> anyhow::Result<Vec<Role>> {
        let mut bins = Vec::new();
        for (name, settings) in self.settings.delegated.iter() {
            if !name.ends_with("-*") {
                continue;
            }
            for by in &settings.by {
                let delegator = self.delegator(by)?;
                let names = delegator
                    .iter()
                    .flat_map(|delegator| delegator.delegations.names());
                let published = names
                    .map(Role::from)
                    .filter(|role| self.published.version(role).is_some());
                bins.extend(published);
            }
        }
        Ok(bins)
    }

    /// The document of a role that must be published next, made anew where what it names has
    /// changed. None where the published one stands, or while what it names is not finished.
    pub fn prepare(&self, role: &Role) -> anyhow::Result<Option<Arc<Document>>> {
        match role {
            Role::Top(RoleType::Root) => Ok(self.draft(role).cloned()),
            Role::Top(RoleType::Targets) | Role::Delegated(_) => self.prepare_targets(role),
            Role::Top(above) => self.prepare_above(*above),
        }
    }

    /// What a round of signatures would do for each role, in its order.
    pub fn preview(&self) -> anyhow::Result<Vec<(Role, Step)>> {
        let mut ahead = self.clone();
        ahead.ahead = true;
        ahead.forget();
        let mut unfinished = false;
        let mut steps = Vec::new();
        for role in ahead.order()? {
            let names_others = matches!(role.top(), Some(RoleType::Snapshot | RoleType::Timestamp));
            if names_others && unfinished {
                let (version, expires) = (ahead.next_version(&role), ahead.expires(&role)?);
                steps.push((role, Step::Follows { version, expires }));
                continue;
            }
            let Some(document) = ahead.prepare(&role)? else {
                continue;
            };
            ahead.set_draft(role.clone(), Document::clone(&document));
            unfinished |= role.kind() != RoleType::Root && !ahead.is_complete(&role)?;
            steps.push((role, Step::Document(document)));
        }
        Ok(steps)
    }

    /// A new version of targets metadata where its keys changed, so that the published one no
    /// longer has the signatures that it needs.
    fn prepare_targets(&self, role: &Role) -> anyhow::Result<Option<Arc<Document>>> {
        if let Some(draft) = self.draft(role) {
            return Ok(Some(Arc::clone(draft)));
        }
        let Some(published) = self.published.document(role)? else {
            return Err(Advice::failed(
                format!("the repository has no {role}"),
                "add targets with `privyseal repo add`",
            )
            .into());
        };
        if self.is_complete(role)? {
            return Ok(None);
        }
        let mut draft = Draft::<Targets>::edit(&published)?;
        draft.set_version(self.next_version(role));
        draft.set_expires(&self.expires(role)?);
        Ok(Some(Arc::new(draft.finish()?)))
    }

    fn prepare_above(&self, above: RoleType) -> anyhow::Result<Option<Arc<Document>>> {
        let role = Role::from(above);
        let Some(entries) = self.entries(&role)? else {
            return Ok(None);
        };
        match self.draft(&role) {
            Some(draft) if names(above, draft, &entries) => return Ok(Some(Arc::clone(draft))),
            Some(_) => {}
            None => {
                let published = self.published.last(above);
                let stands = published.is_some_and(|last| names(above, last, &entries));
                if stands && self.is_complete(&role)? {
                    return Ok(None);
                }
            }
        }
        let (version, expires) = (self.next_version(&role), self.expires(&role)?);
        let before = self.current(&role)?;
        let before = before.as_deref();
        let document = match above {
            RoleType::Timestamp => derive_timestamp(before, version, &expires, &entries)?,
            _ => derive_snapshot(before, version, &expires, &entries)?,
        };
        Ok(Some(Arc::new(document)))
    }
}
