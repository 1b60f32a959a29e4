//! The corridor of what notary-server has signed.
//!
//! ```text
//! Received → Authorized → Checked → Held → Recorded → Verified
//! ```
//!
//! The same rooms as for documents of the TUF specification, smaller: the signer of notary-server
//! never sees a root, so a lineage is (authority, repository, role, key), and what a document must
//! agree with is the last one that its key signed.

mod authorized;
mod checked;
mod held;
mod received;
mod recorded;
mod verified;

use self::held::Standing;
pub use self::{
    authorized::Authorized, checked::Checked, held::Held, received::Received, recorded::Recorded,
    verified::Verified,
};
pub(crate) use self::{
    authorized::{authorized_key, uncovered},
    verified::key_info,
};
use super::{House, aside, finish::Finish};
use crate::fault::Stop;

impl House {
    /// Walks one request of a notary-server through its corridor.
    ///
    /// # Errors
    /// A denial by any room, or a fault of the ledger or the keystore.
    pub async fn sign_notary(&self, received: Received) -> Result<Verified, Stop> {
        let authorized = Authorized::new(received, self)?;
        let large = authorized.is_large();
        let checked = aside(large, move || Checked::new(authorized)).await??;
        let held = Held::new(checked, self).await?;
        match held.standing() {
            Standing::Signed(signature) => Ok(Verified::again(held, signature)),
            Standing::Unsigned { .. } => {
                // A caller that goes away now must not leave a decision without its outcome.
                let house = self.clone();
                let rest = async move { Recorded::new(held, &house).await?.sign(&house).await };
                Finish::new(rest).await
            }
        }
    }
}
