//! Checked: the content is a document of the key's role, whatever came before it.

use std::sync::Arc;

use privyseal_tuf::{
    Sha256Digest,
    notary::{Problem, Signed, SignedError},
};

use super::Authorized;
use crate::{
    caller::Caller,
    corridor::checked::{malformed_json, now},
    denial::{Denial, Reason},
    keystore::Keystore,
    memory::EnrolledKey,
};

/// A request whose content holds by itself.
pub struct Checked {
    pub(super) caller: Arc<Caller>,
    pub(super) key: Arc<EnrolledKey>,
    pub(super) keystore: Arc<dyn Keystore>,
    pub(super) content: Vec<u8>,
    pub(super) signed: Signed,
    pub(super) digest: Sha256Digest,
}

impl Checked {
    /// Reads the content and holds it against its role and the limits on its expiry.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(request: Authorized) -> Result<Self, Denial> {
        let signed = Signed::parse(&request.content).map_err(malformed)?;
        if signed.role() != request.role.role() {
            let message = format!(
                "the content is a {}, and key {} is for {}",
                signed.role(),
                request.key.keyid,
                request.role.as_str()
            );
            return Err(Denial::new(Reason::TypeMismatch, message));
        }
        expires_in_time(&signed, &request)?;
        Ok(Self {
            digest: Sha256Digest::of(&request.content),
            caller: request.caller,
            key: request.key,
            keystore: request.keystore,
            content: request.content,
            signed,
        })
    }
}

fn expires_in_time(signed: &Signed, request: &Authorized) -> Result<(), Denial> {
    let (role, version, expires) = (signed.role(), signed.version(), signed.expires());
    if expires.is_past(now()) {
        let message = format!("{role} version {version} expires {expires}, which is past");
        let remedy = "set the clock of notary-server, or the agent's";
        return Err(Denial::new(Reason::ExpiryPast, message).with_remedy(remedy));
    }
    let limit = request.max_expiry;
    if expires.seconds().saturating_sub(now()) > limit.seconds() {
        let message = format!("{role} would expire {expires}; the limit is {limit} from now");
        let remedy = "raise max_expiry of this role in the agent's [[notary]]";
        return Err(Denial::new(Reason::ExpiryTooFar, message).with_remedy(remedy));
    }
    Ok(())
}

fn malformed(error: SignedError) -> Denial {
    let reason = match &error {
        SignedError::Json(json) => malformed_json(json),
        SignedError::Type(_) => Reason::TypeMismatch,
        SignedError::Field {
            problem: Problem::Expires(_),
            ..
        } => Reason::ExpiryMalformed,
        SignedError::NotAnObject(_) | SignedError::Field { .. } | SignedError::NotCanonical(_) => {
            Reason::MetadataInvalid
        }
    };
    let remedy = "the content is what notary-server 0.7 gives its signer: the canonical JSON of \
                  `signed`, a snapshot or timestamp, whole";
    Denial::new(reason, format!("content: {error}")).with_remedy(remedy)
}
