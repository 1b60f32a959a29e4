//! Verified: the token signed, and the signature verifies under the bound public key.

use privyseal_ledger::Head;
use privyseal_proto::v1 as wire;
use privyseal_tuf::{Dialect, KeyId, Sha256Digest, Signature};

use super::{Held, House, Progress, Recorded, held::Given};
use crate::{fault::Stop, memory::LineageId};

/// A signature that may leave the agent.
#[derive(Debug)]
pub struct Verified {
    keyid: KeyId,
    signature: Signature,
    dialect: Dialect,
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
    pub async fn sign(self, house: &House, progress: &Progress) -> Result<Verified, Stop> {
        let appended = self.decided.appended;
        Ok(Verified {
            signature: self.decided.sign(house, progress).await?,
            keyid: self.keyid,
            dialect: self.dialect,
            lineage: self.lineage,
            version: self.version,
            digest: self.digest,
            record: appended.index,
            recorded: false,
            head: appended.head,
        })
    }
}

impl Verified {
    /// The signature that was recorded for the very same bytes.
    pub(super) fn again(held: Held, given: Given, house: &House) -> Self {
        Self {
            keyid: held.keyid,
            signature: given.signature,
            dialect: held.document.document.dialect(),
            lineage: held.lineage,
            version: held.document.version,
            digest: held.document.digest,
            record: given.record,
            recorded: true,
            head: house.ledger.reader().head(),
        }
    }

    /// As it goes over the wire, in the text of the document's dialect.
    #[must_use]
    pub fn into_wire(self) -> wire::Signed {
        wire::Signed {
            keyid: self.keyid.to_string(),
            sig: self.signature.to_text(self.dialect),
            method: self
                .signature
                .method(self.dialect)
                .unwrap_or_default()
                .to_owned(),
            lineage: Some(super::wire_lineage(&self.lineage)),
            version: self.version,
            digest: self.digest.to_string(),
            record: self.record,
            recorded: self.recorded,
            head: Some(super::wire_head(self.head)),
        }
    }
}
