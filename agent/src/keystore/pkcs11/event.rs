//! What the supervisor is told and asked.

use std::sync::Arc;

use privyseal_tuf::Algorithm;
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, ObjectId};
use crate::keystore::login::Operator;
use crate::keystore::name::KeyName;
use crate::keystore::private_key::PrivateKey;

pub(super) type Reply<T> = oneshot::Sender<Result<T, KeystoreError>>;

/// One thing for the supervisor to do.
pub(super) enum Event {
    /// A session met an error that asks for finding everything again; `logged_out` where the token
    /// wants a login again.
    Trouble {
        login: u64,
        what: String,
        logged_out: bool,
    },
    /// The token refused the PIN for one signature.
    PinRefused { login: u64, error: KeystoreError },
    /// There are further keys to hold.
    Bind(Reply<()>),
    /// Destroy a key pair.
    Destroy(Arc<BoundKey>, Reply<()>),
    /// Make a key pair.
    Generate(KeyName, Algorithm, Reply<KeyDescription>),
    /// Take a key pair that comes from elsewhere.
    Import(KeyName, PrivateKey, Reply<KeyDescription>),
    /// Describe a key pair.
    Inspect(KeyName, ObjectId, Reply<KeyDescription>),
    /// Show what attests a key.
    Attest(Arc<BoundKey>, Reply<Vec<Vec<u8>>>),
    /// Log in on a person's word.
    Unlock(Pin, Operator, Reply<()>),
    /// Log out on a person's word.
    Lock(Reply<()>),
    /// Release the token and end.
    Shutdown(Option<oneshot::Sender<()>>),
}

impl Event {
    /// True where whoever asked has gone, and was told that it failed: a PIN that is typed again
    /// would be tried twice. What is recorded before it is asked for, keys and logouts, is carried
    /// out all the same.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Generate(_, _, reply)
            | Self::Import(_, _, reply)
            | Self::Inspect(_, _, reply) => reply.is_closed(),
            Self::Attest(_, reply) => reply.is_closed(),
            Self::Unlock(_, _, reply) => reply.is_closed(),
            Self::Trouble { .. }
            | Self::PinRefused { .. }
            | Self::Bind(_)
            | Self::Destroy(..)
            | Self::Lock(_)
            | Self::Shutdown(_) => false,
        }
    }
}

/// The PIN for a login that a person asked for.
pub(super) enum Pin {
    /// Typed, for the request with this ticket alone where there is one.
    Typed(SecretString, Option<u64>),
    /// From the configured source.
    Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_waits_for_is_abandoned_but_for_keys_logouts_and_the_end() {
        let name: KeyName = "root-1".parse().unwrap();
        let id: ObjectId = "01".parse().unwrap();
        let operator = Operator {
            name: "root".to_owned(),
            ..Operator::default()
        };
        let generate = |reply| Event::Generate(name.clone(), Algorithm::EcdsaP256, reply);
        let inspect = |reply| Event::Inspect(name.clone(), id.clone(), reply);
        let unlock = |reply| Event::Unlock(Pin::Source, operator.clone(), reply);
        for make in [&generate as &dyn Fn(_) -> _, &inspect] {
            assert_eq!(abandoned(make), (false, true));
        }
        assert_eq!(abandoned(unlock), (false, true));
        assert_eq!(abandoned(Event::Lock), (false, false));
        assert_eq!(abandoned(Event::Bind), (false, false));
        let (done, _) = oneshot::channel();
        assert!(!Event::Shutdown(Some(done)).is_abandoned());
    }

    /// While somebody waits for the answer, and after.
    fn abandoned<T>(event: impl Fn(Reply<T>) -> Event) -> (bool, bool) {
        let (reply, answer) = oneshot::channel();
        let event = event(reply);
        let waited_for = event.is_abandoned();
        drop(answer);
        (waited_for, event.is_abandoned())
    }
}
