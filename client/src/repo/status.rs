use std::collections::BTreeMap;

use privyseal_tuf::{Document, Role};
use serde::Serialize;

use super::settings::Settings;
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

/// How far a requirement is met.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureStatus {
    /// Whose keys.
    pub required_by: String,
    /// How many signed.
    pub have: usize,
    /// How many must.
    pub need: u32,
    /// Who did not.
    pub missing: Vec<MissingKey>,
}

/// A key that has not signed.
#[derive(Clone, Debug, Serialize)]
pub struct MissingKey {
    /// Its keyid.
    pub keyid: String,
    /// `agent:name`, where `privyseal.toml` knows it.
    pub owner: Option<String>,
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
    let status = requirements.into_iter().map(|requirement| {
        let tally = requirement.tally(&document);
        let missing = tally.missing.iter().map(|keyid| MissingKey {
            keyid: keyid.to_string(),
            owner: settings.owner(keyid),
        });
        SignatureStatus {
            required_by: requirement.label.clone(),
            have: tally.count,
            need: tally.threshold,
            missing: missing.collect(),
        }
    });
    Ok(status.collect())
}
