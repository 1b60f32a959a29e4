#[cfg(test)]
mod tests;

use super::{Signing, SigningError};
use crate::{DetachedSignature, Key, KeyId, PublicKey, Signature};

/// How many verifications may go into finding out where a signature came from: a tenth of a second
/// of ECDSA, half a second of RSA.
const MOST_TRIES: usize = 2048;

/// What is known beside the document, to say what a signature is that does not belong to it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Keys that have nothing to sign here.
    pub keys: Vec<KnownKey>,
    /// Other contents that keys may have signed.
    pub payloads: Vec<KnownPayload>,
}

/// A key that is known from elsewhere.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// For a person: whose it is and where, such as "safe:root-2, token YubiHSM 0123".
    pub label: String,
    /// The key.
    pub key: Key,
}

/// A content that is known from elsewhere.
#[derive(Clone, Debug)]
pub struct KnownPayload {
    /// For a person, such as "root 3, which is published".
    pub label: String,
    /// What a key would have signed.
    pub bytes: Vec<u8>,
}

/// A signature that was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The key that made it.
    pub keyid: KeyId,
    /// False where the document had a signature by this key already, which it keeps.
    pub is_new: bool,
}

impl Signing {
    /// Adds a signature of any encoding, by whichever key made it. Where it is said to be by one
    /// key of the role and is by another, or belongs to no key or to another content, the error
    /// says as much as `known` lets it.
    pub fn attach(
        &mut self,
        detached: &DetachedSignature,
        known: &Known,
    ) -> Result<Attached, SigningError> {
        let payload = self.payload().bytes();
        let Some((_, maker, signature)) = made_by(self.keys(), detached, &payload) else {
            return Err(self.foreign(detached, known, &payload));
        };
        // One key may stand under another keyid in the root before; it has signed for both.
        let same = |key: &Key| key.fingerprint() == maker.fingerprint();
        let keyids: Vec<KeyId> = (self.keys().filter(|(_, key)| same(key)))
            .map(|(keyid, _)| keyid.clone())
            .collect();
        let first = keyids.first().unwrap_or(maker.keyid()).clone();
        if let Some(claimed) = detached.keyid().filter(|claimed| !keyids.contains(claimed))
            && self.keys().any(|(keyid, _)| keyid == claimed)
        {
            return Err(SigningError::WrongKey {
                claimed: claimed.clone(),
                actual: first,
            });
        }
        let holds = |keyid: &KeyId| {
            let entry = self.document.signature(keyid);
            entry.is_some_and(|entry| maker.verifies(&payload, entry))
        };
        let unsigned: Vec<KeyId> = keyids.into_iter().filter(|keyid| !holds(keyid)).collect();
        for keyid in &unsigned {
            self.document.put_signature(keyid, &signature);
        }
        Ok(Attached {
            keyid: first,
            is_new: !unsigned.is_empty(),
        })
    }

    fn foreign(&self, detached: &DetachedSignature, known: &Known, payload: &[u8]) -> SigningError {
        let mut tries = MOST_TRIES;
        let mut affordable = |count: usize| {
            let enough = tries >= count;
            tries = tries.saturating_sub(count);
            enough
        };
        if affordable(known.keys.len())
            && let Some(key) = known.maker(detached, payload)
        {
            return SigningError::OtherKey {
                keyid: key.key.keyid().clone(),
                key: key.label.clone(),
            };
        }
        let keys = self.keys().count();
        for other in self.mistaken(payload).iter().chain(&known.payloads) {
            if !affordable(keys + known.keys.len()) {
                break;
            }
            if let Some((keyid, ..)) = made_by(self.keys(), detached, &other.bytes) {
                return SigningError::OtherPayload {
                    keyid: keyid.clone(),
                    payload: other.label.clone(),
                };
            }
            if let Some(key) = known.maker(detached, &other.bytes) {
                return SigningError::OtherKeyAndPayload {
                    key: key.label.clone(),
                    payload: other.label.clone(),
                };
            }
        }
        self.unexplained(detached.keyid())
    }

    /// What people sign by mistake in the place of the payload.
    fn mistaken(&self, payload: &[u8]) -> [KnownPayload; 3] {
        let known = |label: &str, bytes| KnownPayload {
            label: label.to_owned(),
            bytes,
        };
        let digest = self.payload().digest.as_bytes().to_vec();
        let with_line_feed = [payload, b"\n"].concat();
        [
            known(
                "the digest of the payload, as if that were the payload",
                digest,
            ),
            known("the payload with a line feed after it", with_line_feed),
            known("the whole metadata file", self.document.to_bytes()),
        ]
    }

    fn unexplained(&self, claimed: Option<&KeyId>) -> SigningError {
        let Some(claimed) = claimed else {
            return SigningError::Unexplained;
        };
        match self.keys().find(|(keyid, _)| *keyid == claimed) {
            None => SigningError::UnknownKey(claimed.clone()),
            Some((keyid, key)) => match key.public() {
                Ok(_) => SigningError::BadSignature(keyid.clone()),
                Err(problem) => SigningError::UnusableKey {
                    keyid: keyid.clone(),
                    problem: problem.clone(),
                },
            },
        }
    }
}

impl Known {
    fn maker(&self, detached: &DetachedSignature, payload: &[u8]) -> Option<&KnownKey> {
        self.keys.iter().find(|known| {
            let public = known.key.public().ok();
            public.is_some_and(|public| signature_of(public, detached, payload).is_some())
        })
    }
}

fn made_by<'a>(
    mut keys: impl Iterator<Item = (&'a KeyId, &'a Key)>,
    detached: &DetachedSignature,
    payload: &[u8],
) -> Option<(&'a KeyId, &'a Key, Signature)> {
    keys.find_map(|(keyid, key)| {
        let signature = signature_of(key.public().ok()?, detached, payload)?;
        Some((keyid, key, signature))
    })
}

fn signature_of(
    public: &PublicKey,
    detached: &DetachedSignature,
    payload: &[u8],
) -> Option<Signature> {
    let mut readings = detached.readings(public.algorithm());
    readings.find(|signature| public.verify(payload, signature).is_ok())
}
