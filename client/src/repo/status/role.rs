use std::collections::BTreeMap;

use privyseal_tuf::{Document, KeyId, Role, RoleType};
use serde::Serialize;

use super::due::{Due, Standing};
use crate::repo::settings::Settings;
use crate::repo::signatures::SignatureStatus;
use crate::repo::work::{Step, Work};
use crate::show::absolute;

/// How a role stands.
#[derive(Clone, Debug, Serialize)]
pub struct RoleStatus {
    /// The role.
    pub role: String,
    /// Whether it is one of the hashed bins, which are told of together.
    pub is_bin: bool,
    /// What clients see.
    pub published: Option<RoleVersion>,
    /// How that stands to its end.
    pub standing: Option<Standing>,
    /// What will be published next.
    pub draft: Option<RoleVersion>,
    /// True where a new version follows as soon as another role is finished.
    pub follows: bool,
    /// The signatures of the draft, or else of what is published; for a new root, as the root
    /// before it and the new one require.
    pub signatures: Vec<SignatureStatus>,
}

/// A version and its expiry.
#[derive(Clone, Debug, Serialize)]
pub struct RoleVersion {
    /// The version.
    pub version: u64,
    /// As it stands in the metadata.
    pub expires: String,
    /// Unix seconds.
    pub expires_seconds: i64,
    /// From when on it should be renewed.
    pub due: String,
    /// Unix seconds.
    pub due_seconds: i64,
}

impl RoleVersion {
    /// Of a document of a role.
    pub fn of(settings: &Settings, role: &Role, document: &Document) -> Option<Self> {
        let view = document.view(role.kind()).ok()?;
        let expires = view.expires();
        let due = Due::of(settings, role, expires.seconds()).from();
        Some(Self {
            version: view.version(),
            expires: expires.to_string(),
            expires_seconds: expires.seconds(),
            due: absolute(due),
            due_seconds: due,
        })
    }
}

impl RoleStatus {
    /// Whether its draft misses signatures.
    pub fn is_unfinished(&self) -> bool {
        self.draft.is_some() && !self.signatures.iter().all(SignatureStatus::is_met)
    }
}

/// The four roles, the delegated ones with names of their own, and whatever else misses signatures.
pub(super) fn roles(settings: &Settings, work: &Work, now: i64) -> anyhow::Result<Vec<RoleStatus>> {
    let preview: BTreeMap<Role, Step> = work.preview()?.into_iter().collect();
    let mut ahead = work.clone();
    for (role, step) in &preview {
        if let Step::Document(document) = step {
            ahead.set_draft(role.clone(), Document::clone(document));
        }
    }
    let named = work.named_roles();
    let mut more = Vec::new();
    for role in preview.keys().filter(|role| !named.contains(role)) {
        let is_bin = role
            .delegated()
            .map(|name| ahead.is_bin(name))
            .transpose()?;
        // Of thousands of bins that are signed already, one line tells enough.
        if is_bin != Some(true) || !ahead.is_complete(role)? {
            more.push((role.clone(), is_bin.unwrap_or(false)));
        }
    }
    more.truncate(MOST_ROLES);
    let named = named.into_iter().map(|role| (role, false));
    let (above, below): (Vec<_>, Vec<_>) = named.partition(|(role, _)| is_above(role));
    let all = above.into_iter().chain(more).chain(below);
    let status = |(role, is_bin): (Role, bool)| {
        let published = work.published().document(&role)?;
        let published = published.and_then(|last| RoleVersion::of(settings, &role, &last));
        let draft = ahead.draft(&role);
        Ok(RoleStatus {
            standing: published
                .as_ref()
                .map(|last| Due::of(settings, &role, last.expires_seconds).at(now)),
            draft: draft.and_then(|draft| RoleVersion::of(settings, &role, draft)),
            follows: matches!(preview.get(&role), Some(Step::Follows { .. })),
            signatures: signatures(settings, &ahead, &role)?,
            role: role.to_string(),
            is_bin,
            published,
        })
    };
    all.map(status).collect()
}

/// More roles than this nobody reads: hashed bins that miss signatures, mostly.
const MOST_ROLES: usize = 1_000;

/// Whether it stands above the snapshot in the order of signing.
fn is_above(role: &Role) -> bool {
    matches!(role.kind(), RoleType::Root | RoleType::Targets)
}

fn signatures(
    settings: &Settings,
    work: &Work,
    role: &Role,
) -> anyhow::Result<Vec<SignatureStatus>> {
    let document = match work.current(role)? {
        Some(document) if work.is_delegated(role)? => document,
        _ => return Ok(Vec::new()),
    };
    let requirements = work.requirements(role)?;
    let owner = |keyid: &KeyId| settings.owner(keyid);
    let status = |asked| SignatureStatus::of(asked, &document, owner);
    Ok(requirements.iter().map(status).collect())
}
