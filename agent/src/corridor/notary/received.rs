//! Received: the request's fields are what they say, from a caller that the config names.

use std::sync::Arc;

use privyseal_proto::notary::SignatureRequest;
use privyseal_tuf::KeyId;

use crate::{
    caller::Caller,
    config::Config,
    corridor::received::{known, within},
    denial::{Denial, Reason},
};

/// A request whose fields hold.
#[derive(Debug)]
pub struct Received {
    pub(super) caller: Arc<Caller>,
    pub(super) key: KeyId,
    pub(super) content: Vec<u8>,
}

impl Received {
    /// Takes a request from a caller.
    ///
    /// # Errors
    /// Where the config does not name the caller (who learns nothing more), no key is named, or
    /// the content is too large.
    pub fn new(
        caller: Arc<Caller>,
        request: SignatureRequest,
        config: &Config,
    ) -> Result<Self, Denial> {
        known(&caller, config)?;
        let key = request.key_id.map(|key| KeyId::from(key.id));
        Ok(Self {
            key: key.ok_or_else(|| Denial::new(Reason::RequestMalformed, "keyID is missing"))?,
            content: within(request.content, config)?,
            caller,
        })
    }
}
