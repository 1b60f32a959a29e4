use std::sync::Arc;

use privyseal_tuf::{Role, RoleType};

use crate::failure::Advice;
use crate::repo::drafts::Drafts;
use crate::repo::work::Work;

/// Which drafts can be published.
#[derive(Debug)]
pub(super) struct Ready {
    /// Those that have all their signatures and that everything above them names.
    finished: Vec<Role>,
    /// Those that stay drafts.
    pub(super) waiting: Vec<Role>,
    /// Those that are published already, by a publication that did not come to its end.
    published: Vec<Role>,
}

impl Ready {
    /// Finds them. A draft that collects signatures holds up nothing else.
    ///
    /// # Errors
    /// Where what is finished can't be published yet, or where nothing is.
    pub(super) fn of(work: &Work, drafts: &Drafts) -> anyhow::Result<Self> {
        let mut finished = Vec::new();
        let mut waiting = Vec::new();
        for role in work.drafted() {
            let is_finished = is_settled(work, role)? && work.is_delegated(role)?;
            let list = if is_finished {
                &mut finished
            } else {
                &mut waiting
            };
            list.push(role.clone());
        }
        let mut published = drafts.roles()?;
        published.retain(|role| work.draft(role).is_none());
        let ready = Self {
            finished,
            waiting,
            published,
        };
        ready.refuse_gaps(work)?;
        match ready.waiting.first() {
            Some(role) if !ready.is_anything() => Err(not_finished(role).into()),
            _ => Ok(ready),
        }
    }

    /// Whether there is anything to publish, or a publication to be brought to its end.
    pub(super) fn is_anything(&self) -> bool {
        !self.finished.is_empty() || !self.published.is_empty()
    }

    /// The drafts that are no longer needed once all that is finished is published.
    pub(super) fn done(&self) -> impl Iterator<Item = &Role> {
        self.finished.iter().chain(&self.published)
    }

    /// Whether a draft that stays may list target files.
    pub(super) fn keeps_targets(&self) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|role| role.kind() == RoleType::Targets)
    }

    /// What is signed already, and what stays published, may need others to be signed.
    fn refuse_gaps(&self, work: &Work) -> anyhow::Result<()> {
        for role in work.order()? {
            let Some(next) = work.prepare(&role)? else {
                continue;
            };
            let is_finished = self.finished.contains(&role)
                && work
                    .draft(&role)
                    .is_some_and(|draft| draft.payload() == next.payload());
            let may_wait = match role.top() {
                Some(RoleType::Snapshot | RoleType::Timestamp) => false,
                Some(RoleType::Targets) | None => self.waiting.contains(&role),
                Some(RoleType::Root) => true,
            };
            if !is_finished && !may_wait {
                return Err(not_finished(&role).into());
            }
        }
        Ok(())
    }
}

fn is_settled(work: &Work, role: &Role) -> anyhow::Result<bool> {
    let settled = work.settled(role)?;
    let is_draft = match (&settled, work.draft(role)) {
        (Some(settled), Some(draft)) => Arc::ptr_eq(settled, draft),
        _ => false,
    };
    Ok(is_draft && work.is_complete(role)?)
}

pub(super) fn not_finished(role: &Role) -> Advice {
    Advice::needs_person(
        format!("the {role} metadata is not finished: nothing was published"),
        "sign it with `privyseal repo sign`; `privyseal repo status` says who is missing",
    )
}
