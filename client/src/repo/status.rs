use std::collections::BTreeMap;

use privyseal_tuf::{Document, KeyId, Role};
use serde::Serialize;

use super::settings::Settings;
use super::signatures::SignatureStatus;
use super::work::{Step, Work};

/// How a role stands.
#[derive(Clone, Debug, Serialize)]
pub struct RoleStatus {
    /// The role.
    pub role: String,
    /// What clients see.
    pub published: Option<RoleVersion>,
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
}

/// How the four roles stand, and the delegated ones that have names of their own or a draft.
pub fn statuses(settings: &Settings, work: &Work) -> anyhow::Result<Vec<RoleStatus>> {
    let preview: BTreeMap<Role, Step> = work.preview()?.into_iter().collect();
    let mut ahead = work.clone();
    for (role, step) in &preview {
        if let Step::Document(document) = step {
            ahead.set_draft(role.clone(), Document::clone(document));
        }
    }
    let mut roles = work.named_roles();
    for role in preview.keys() {
        if !roles.contains(role) {
            roles.insert(2, role.clone());
        }
    }
    let status = |role: Role| {
        let published = work.published().document(&role)?;
        Ok(RoleStatus {
            role: role.to_string(),
            published: published.and_then(|document| version(&role, &document)),
            draft: ahead
                .draft(&role)
                .and_then(|document| version(&role, document)),
            follows: matches!(preview.get(&role), Some(Step::Follows { .. })),
            signatures: signatures(settings, &ahead, &role)?,
        })
    };
    roles.into_iter().map(status).collect()
}

fn version(role: &Role, document: &Document) -> Option<RoleVersion> {
    let view = document.view(role.kind()).ok()?;
    Some(RoleVersion {
        version: view.version(),
        expires: view.expires().to_string(),
        expires_seconds: view.expires().seconds(),
    })
}

fn signatures(
    settings: &Settings,
    work: &Work,
    role: &Role,
) -> anyhow::Result<Vec<SignatureStatus>> {
    let Some(document) = work.current(role)? else {
        return Ok(Vec::new());
    };
    let requirements = work.requirements(role)?;
    let owner = |keyid: &KeyId| settings.owner(keyid);
    let status = |asked| SignatureStatus::of(asked, &document, owner);
    Ok(requirements.iter().map(status).collect())
}
