//! Verified: the token signed, and the signature verifies under the bound public key.

use privyseal_ledger::Head;
use privyseal_proto::{
    ledger::v1::{Outcome, record::Event},
    v1 as wire,
};
use privyseal_tuf::{KeyId, Sha256Digest, Signature};

use super::{Held, House, Recorded, held::Given};
use crate::{
    fault::{Fault, Stop},
    keystore::RawSignature,
    memory::LineageId,
};

/// A signature that may leave the agent.
#[derive(Debug)]
pub struct Verified {
    keyid: KeyId,
    signature: Signature,
    lineage: LineageId,
    version: u64,
    digest: Sha256Digest,
    record: u64,
    recorded: bool,
    head: Head,
}

impl Recorded {
    /// Uses up the permit and verifies what the token answers.
    ///
    /// # Errors
    /// Where the keystore can't sign, or its signature is wrong; either is recorded.
    pub async fn sign(self, house: &House) -> Result<Verified, Stop> {
        let key = self.permit.key().clone();
        let message = self.permit.message().clone();
        let answer = self.keystore.sign(self.permit).await.map_err(Fault::from);
        let checked = answer.and_then(|RawSignature(raw)| {
            let wrong = |what: String| Fault::BadSignature {
                key: key.name.clone(),
                what,
            };
            let signature = Signature::from_raw(key.public_key.algorithm(), &raw)
                .map_err(|error| wrong(error.to_string()))?;
            key.public_key
                .verify(message.bytes(), &signature)
                .map_err(|error| wrong(error.to_string()))?;
            Ok(signature)
        });
        let (signature, fault) = match &checked {
            Ok(signature) => (signature.as_raw().to_vec(), String::new()),
            Err(fault) => (Vec::new(), fault.reason().to_owned()),
        };
        let decision = self.appended.index;
        house.ledger.append_later(Event::Outcome(Outcome {
            decision,
            signature,
            fault,
        }));
        Ok(Verified {
            signature: checked?,
            keyid: self.keyid,
            lineage: self.lineage,
            version: self.version,
            digest: self.digest,
            record: decision,
            recorded: false,
            head: self.appended.head,
        })
    }
}

impl Verified {
    /// The signature that was recorded for the very same bytes.
    pub(super) fn again(held: Held, given: Given, house: &House) -> Self {
        Self {
            keyid: held.keyid,
            signature: given.signature,
            lineage: held.lineage,
            version: held.document.version,
            digest: held.document.digest,
            record: given.record,
            recorded: true,
            head: house.ledger.reader().head(),
        }
    }

    /// As it goes over the wire: hex as in a TUF document, ECDSA in DER.
    #[must_use]
    pub fn into_wire(self) -> wire::Signed {
        wire::Signed {
            keyid: self.keyid.to_string(),
            sig: self.signature.to_hex(),
            lineage: Some(super::wire_lineage(&self.lineage)),
            version: self.version,
            digest: self.digest.to_string(),
            record: self.record,
            recorded: self.recorded,
            head: Some(super::wire_head(self.head)),
        }
    }
}
