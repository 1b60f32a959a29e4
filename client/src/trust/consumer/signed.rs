use privyseal_tuf::{KeyId, Target};

use super::Refusal;
use crate::trust::pull::{Delegated, Pulled, Reason, Unused};
use crate::trust::reference::{Digest, Gun, Tag};

/// What a signed tag stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The tag.
    pub tag: Tag,
    /// Of the manifest or index that it stands for.
    pub digest: Digest,
    /// Its length in bytes.
    pub length: u64,
    /// The role that releases it: `targets/releases` or `targets`.
    pub role: &'static str,
    /// The keys that signed that role: the ids of the bare keys.
    pub keys: Vec<KeyId>,
    /// How many must.
    pub threshold: u32,
    /// The signers who signed the same for the tag, in the order of their roles.
    pub signers: Vec<String>,
}

/// The delegated role whose tags are for everybody.
pub(super) const RELEASES: &str = "targets/releases";
const TARGETS: &str = "targets";

/// Looks a tag up as Docker does: in `targets/releases`, then in `targets`.
///
/// Where `targets/releases` is not to be used, Docker goes on to what `targets` says of the tag,
/// which may be older. Here that ends the search.
///
/// # Errors
/// Where it is not signed there.
pub fn lookup(pulled: &Pulled, gun: &Gun, tag: &Tag) -> Result<Signed, Refusal> {
    let roles = &pulled.delegations;
    let releases = roles.iter().find(|role| role.name.as_str() == RELEASES);
    if let Some(releases) = releases.filter(|role| role.covers(tag.as_str())) {
        match &releases.metadata {
            Err(Unused::BelowThreshold(why)) => {
                return Err(Refusal::of_role(gun, Reason::BelowThreshold, why));
            }
            Err(Unused::Expired(why)) => return Err(Refusal::of_role(gun, Reason::Expired, why)),
            Err(Unused::Unpublished) => {}
            Ok(metadata) => {
                if let Some(target) = releases.target(tag.as_str()) {
                    let keys = canonical(pulled, &releases.delegator, &metadata.tally.signed);
                    let threshold = metadata.tally.threshold;
                    return signed(pulled, gun, tag, target, RELEASES, keys, threshold);
                }
            }
        }
    }
    if let Some(target) = pulled.targets.view.targets.get(tag.as_str()) {
        let root = pulled.root().map(|root| &root.view.keys);
        let ids = &pulled.targets.tally.signed;
        let keys = ids.iter().map(|id| {
            let key = root.and_then(|keys| keys.get(id));
            key.and_then(|key| key.canonical_keyid())
                .unwrap_or_else(|| id.clone())
        });
        let (keys, threshold) = (keys.collect(), pulled.targets.tally.threshold);
        return signed(pulled, gun, tag, target, TARGETS, keys, threshold);
    }
    let elsewhere = roles
        .iter()
        .filter(|role| role.target(tag.as_str()).is_some());
    Err(Refusal::NotSigned {
        gun: gun.clone(),
        tag: tag.clone(),
        by: elsewhere.filter_map(signer).collect(),
    })
}

fn signed(
    pulled: &Pulled,
    gun: &Gun,
    tag: &Tag,
    target: &Target,
    role: &'static str,
    keys: Vec<KeyId>,
    threshold: u32,
) -> Result<Signed, Refusal> {
    let Some(sha256) = target.hashes.sha256() else {
        let why = format!("{role} names no SHA-256 of {tag}");
        return Err(Refusal::of_role(gun, Reason::Invalid, &why));
    };
    let same = |role: &&Delegated| {
        let other = role.target(tag.as_str());
        role.name.as_str() != RELEASES && other.is_some_and(|it| it.hashes.sha256() == Some(sha256))
    };
    let signers = pulled.delegations.iter().filter(same).filter_map(signer);
    Ok(Signed {
        tag: tag.clone(),
        digest: Digest::new(*sha256.as_bytes()),
        length: target.length,
        role,
        keys,
        threshold,
        signers: signers.collect(),
    })
}

/// The name of a role's signer: `targets/alice` is alice's.
pub(super) fn signer(role: &Delegated) -> Option<String> {
    role.name
        .as_str()
        .strip_prefix("targets/")
        .map(str::to_owned)
}

/// The ids of the bare keys of a delegated role.
pub(super) fn canonical(pulled: &Pulled, delegator: &str, ids: &[KeyId]) -> Vec<KeyId> {
    let keys = pulled.delegations_of(delegator).map(|it| &it.keys);
    let canonical = |id: &KeyId| {
        let key = keys.and_then(|keys| keys.get(id));
        key.and_then(|key| key.canonical_keyid())
            .unwrap_or_else(|| id.clone())
    };
    ids.iter().map(canonical).collect()
}
