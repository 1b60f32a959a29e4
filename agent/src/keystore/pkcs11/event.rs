//! What the supervisor is told and asked.

use std::sync::Arc;

use privyseal_tuf::Algorithm;
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, ObjectId};
use crate::keystore::login::Operator;
use crate::keystore::name::KeyName;

pub(super) type Reply<T> = oneshot::Sender<Result<T, KeystoreError>>;

/// One thing for the supervisor to do.
pub(super) enum Event {
    /// A session met an error that asks for finding everything again.
    Trouble { login: u64, what: String },
    /// The keys to hold are these.
    Bind(Vec<Arc<BoundKey>>, Reply<()>),
    /// Make a key pair.
    Generate(KeyName, Algorithm, Reply<KeyDescription>),
    /// Describe a key pair.
    Inspect(KeyName, ObjectId, Reply<KeyDescription>),
    /// Log in on a person's word.
    Unlock(Pin, Operator, Reply<()>),
    /// Log out on a person's word.
    Lock(Reply<()>),
    /// Release the token and end.
    Shutdown(Option<oneshot::Sender<()>>),
}

/// The PIN for a login that a person asked for.
pub(super) enum Pin {
    /// Typed.
    Typed(SecretString),
    /// From the configured source.
    Source,
}
