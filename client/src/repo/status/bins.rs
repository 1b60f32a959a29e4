use privyseal_tuf::{Role, RoleName};
use serde::Serialize;

use super::due::{Due, Standing};
use super::role::RoleVersion;
use crate::repo::delegation::delegations;
use crate::repo::settings::Settings;
use crate::repo::tree::{BinGroup, Delegatee, delegatees};
use crate::repo::work::Work;
use crate::show::Progress;

/// How hashed bins stand, all together.
#[derive(Clone, Debug, Serialize)]
pub struct BinsStatus {
    /// `PREFIX-*`.
    pub bins: String,
    /// Who delegates to them.
    pub by: String,
    /// How many there are.
    pub count: u64,
    /// How many are published.
    pub published: usize,
    /// The version of the published one that expires first.
    pub first_to_expire: Option<RoleVersion>,
    /// How that stands to its end.
    pub standing: Option<Standing>,
    /// How many have a draft.
    pub drafts: usize,
    /// How many of those miss signatures.
    pub unfinished: usize,
}

/// The hashed bins that `privyseal.toml` knows.
pub(super) fn bins(settings: &Settings, work: &Work, now: i64) -> anyhow::Result<Vec<BinsStatus>> {
    let mut found = Vec::new();
    for (name, entry) in settings
        .delegated
        .iter()
        .filter(|(name, _)| name.ends_with("-*"))
    {
        for by in &entry.by {
            let Some(delegations) = delegations(work, by)? else {
                continue;
            };
            for delegatee in delegatees(&delegations) {
                if let Delegatee::Bins(group) = delegatee
                    && group.name == name
                {
                    found.push(status(settings, work, (by, &group), now)?);
                }
            }
        }
    }
    Ok(found)
}

fn status(
    settings: &Settings,
    work: &Work,
    (by, group): (&Role, &BinGroup),
    now: i64,
) -> anyhow::Result<BinsStatus> {
    let (published, drafted) = (group.published(work), group.drafted(work));
    let first = first_to_expire(settings, work, &published)?;
    let mut unfinished = 0;
    for name in &drafted {
        let role = Role::from(name.clone());
        unfinished += usize::from(!work.is_delegated(&role)? || !work.is_complete(&role)?);
    }
    Ok(BinsStatus {
        bins: group.name.clone(),
        by: by.to_string(),
        count: group.count(),
        published: published.len(),
        standing: first
            .as_ref()
            .map(|(role, first)| Due::of(settings, role, first.expires_seconds).at(now)),
        first_to_expire: first.map(|(_, first)| first),
        drafts: drafted.len(),
        unfinished,
    })
}

fn first_to_expire(
    settings: &Settings,
    work: &Work,
    published: &[RoleName],
) -> anyhow::Result<Option<(Role, RoleVersion)>> {
    let progress = Progress::of_count(published.len() as u64, "reading bins");
    let mut first: Option<(Role, RoleVersion)> = None;
    for name in published {
        let role = Role::from(name.clone());
        let document = work.published().document(&role)?;
        let version = document.and_then(|document| RoleVersion::of(settings, &role, &document));
        if let Some(version) = version
            && first
                .as_ref()
                .is_none_or(|(_, first)| version.expires_seconds < first.expires_seconds)
        {
            first = Some((role, version));
        }
        progress.advance(1);
    }
    Ok(first)
}
