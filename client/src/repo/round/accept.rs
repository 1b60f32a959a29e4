use privyseal_proto::v1::Signed;
use privyseal_tuf::{Key, KeyId, Requirement, Role, Signature, Signing};

use super::is_root;

/// Checks that the answer is a signature by this key over this document, and adds it.
pub(in crate::repo) fn accept(
    signed: &Signed,
    (keyid, key): (&KeyId, &Key),
    signing: &mut Signing,
) -> Result<(), String> {
    if signed.keyid != keyid.as_str() {
        return Err(format!(
            "it signed with key {}, asked for was {keyid}",
            signed.keyid
        ));
    }
    if signed.digest != signing.payload().digest.to_string() {
        return Err("it says that it signed another document".to_owned());
    }
    let public = key.public().map_err(|e| e.to_string())?;
    let dialect = signing.document().dialect();
    let signature = Signature::from_text(dialect, public.algorithm(), &signed.sig);
    let signature = signature.map_err(|e| e.to_string())?;
    signing.add(keyid, &signature).map_err(|e| e.to_string())
}

/// The keys that have not signed; those that a new root takes out come last.
pub(in crate::repo) fn missing(requirements: &[Requirement], signing: &Signing) -> Vec<KeyId> {
    let statuses = signing.status();
    let keyids = statuses.iter().flat_map(|status| &status.tally.missing);
    let stays = |keyid: &&KeyId| {
        requirements
            .last()
            .is_some_and(|new| new.keys.contains_key(*keyid))
    };
    let (stay, go): (Vec<&KeyId>, Vec<&KeyId>) = keyids.partition(stays);
    let mut ordered: Vec<KeyId> = Vec::new();
    for keyid in stay.into_iter().chain(go) {
        if !ordered.contains(keyid) {
            ordered.push(keyid.clone());
        }
    }
    ordered
}

/// Whether a signature with this key is still wanted. A root carries every signature of its own
/// keys that can be had, and of the old ones as many as it takes. Another signature on a finished
/// document of the other roles would change the file that is named above it.
pub(in crate::repo) fn counts(
    role: &Role,
    keyid: &KeyId,
    requirements: &[Requirement],
    signing: &Signing,
) -> bool {
    let own = requirements.last().filter(|_| is_root(role));
    own.is_some_and(|own| own.keys.contains_key(keyid)) || needs(keyid, requirements, signing)
}

/// Whether a threshold misses a signature with this key.
pub(super) fn needs(keyid: &KeyId, requirements: &[Requirement], signing: &Signing) -> bool {
    let mut asked = requirements.iter();
    asked.any(|asked| asked.keys.contains_key(keyid) && !asked.tally(signing.document()).is_met())
}

pub(super) fn is_met(signing: &Signing) -> bool {
    signing.status().iter().all(|status| status.tally.is_met())
}

#[cfg(test)]
mod tests;
