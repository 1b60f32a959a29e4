//! Which keys of a root may be a repository's root keys.

use privyseal_tuf::{Key, KeyId, Root};

use super::PullError;
use crate::trust::pins::Candidate;
use crate::trust::reference::Gun;

/// How much earlier than its date a certificate is taken, in seconds: clocks differ, and notary
/// allows as much.
const LEEWAY: i64 = 24 * 60 * 60;

/// The keys of the role root whose certificates name the repository and are valid, `now` in unix
/// time; whatever their dates, where no time is given.
///
/// # Errors
/// Where there is none.
pub(super) fn candidates(
    root: &Root,
    gun: &Gun,
    now: Option<i64>,
) -> Result<Vec<Candidate>, PullError> {
    let mut candidates = Vec::new();
    let mut problem = "the role root has no key".to_owned();
    for keyid in &root.roles.root.keyids {
        let Some(key) = root.keys.get(keyid) else {
            continue;
        };
        match candidate(keyid, key, gun, now) {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => problem = format!("{keyid}: {why}"),
        }
    }
    if candidates.is_empty() {
        return Err(PullError::Certificates {
            gun: gun.clone(),
            why: problem,
        });
    }
    Ok(candidates)
}

fn candidate(keyid: &KeyId, key: &Key, gun: &Gun, now: Option<i64>) -> Result<Candidate, String> {
    let public = key.public().map_err(|problem| problem.to_string());
    public?;
    let Some(certificate) = key.certificate() else {
        return Err("it is a bare key, and a root must be a certificate".to_owned());
    };
    if key.keyid() != keyid {
        return Err(format!(
            "it stands under an id that is not its own, {}",
            key.keyid()
        ));
    }
    if !certificate.names(gun.as_str()) {
        return Err(format!("it is for {:?}", certificate.common_name));
    }
    if certificate.is_ca {
        return Err("it is a certificate authority's".to_owned());
    }
    if certificate.has_other_leaf {
        return Err("more than one of its certificates is no authority's".to_owned());
    }
    if certificate.is_weak {
        return Err("it is signed over SHA-1 or MD5".to_owned());
    }
    if now.is_some_and(|now| now > certificate.not_after) {
        return Err("it is expired".to_owned());
    }
    if now.is_some_and(|now| now + LEEWAY < certificate.not_before) {
        return Err("it is not valid yet".to_owned());
    }
    Ok(Candidate {
        certificate: keyid.clone(),
        canonical: key.canonical_keyid().ok_or("its key can't be used")?,
        chain: certificate.chain.clone(),
    })
}
