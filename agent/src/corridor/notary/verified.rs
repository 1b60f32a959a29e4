//! Verified: the token signed, and the signature verifies under the bound public key.

use std::sync::Arc;

use privyseal_proto::notary as wire;
use privyseal_tuf::{Signature, notary};

use super::{Held, Recorded};
use crate::{
    corridor::{House, Progress},
    fault::Stop,
    memory::EnrolledKey,
};

/// A signature that may leave the agent.
#[derive(Debug)]
pub struct Verified {
    key: Arc<EnrolledKey>,
    signature: Signature,
}

impl Recorded {
    /// Uses up the permit and verifies what the token answers.
    ///
    /// # Errors
    /// Where the keystore can't sign, or its signature is wrong; either is recorded.
    pub async fn sign(self, house: &House) -> Result<Verified, Stop> {
        Ok(Verified {
            signature: self.decided.sign(house, &Progress::default()).await?,
            key: self.key,
        })
    }
}

impl Verified {
    /// The signature that was recorded for the very same bytes.
    pub(super) fn again(held: Held, signature: Signature) -> Self {
        Self {
            key: held.request.key,
            signature,
        }
    }

    /// As notary-server reads it: ECDSA as raw r‖s.
    #[must_use]
    pub fn into_wire(self) -> wire::Signature {
        let info = key_info(&self.key);
        wire::Signature {
            algorithm: info.algorithm.clone(),
            key_info: Some(info),
            content: self.signature.as_raw().to_vec(),
        }
    }
}

/// How notary names a key: nothing in it is left out, since notary-server looks at all of it.
pub(crate) fn key_info(key: &EnrolledKey) -> wire::KeyInfo {
    let keytype = notary::Key::from_public(&key.bound.public_key).keytype();
    wire::KeyInfo {
        key_id: Some(wire::KeyId {
            id: key.keyid.to_string(),
        }),
        algorithm: Some(wire::Algorithm {
            algorithm: keytype.to_owned(),
        }),
    }
}
