//! What is asked of a device's owner.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::corridor::permit::SigningPermit;
use crate::keystore::RawSignature;
use crate::keystore::device::{DeviceInfo, NewManagementKey};
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, ObjectId};
use crate::keystore::login::Operator;
use crate::keystore::name::KeyName;
use crate::keystore::order::{Access, KeyOrder};
use crate::keystore::slot::Slot;

pub(super) type Reply<T> = oneshot::Sender<Result<T, KeystoreError>>;

/// How a request for a signature ended.
pub(super) enum Signed {
    /// With a signature, or without.
    Done(Result<RawSignature, KeystoreError>),
    /// Another request used the PIN: it has to be waited for again.
    PinGone(SigningPermit),
}

/// A PIN that a person unlocks the keystore with.
pub(super) enum Pin {
    /// Typed just now, for the request with this ticket alone where there is one.
    Typed(SecretString, Option<u64>),
    /// From the configured source.
    Source,
}

/// One thing to do.
pub(super) enum Job {
    Sign(SigningPermit, oneshot::Sender<Signed>),
    Bind(Reply<()>),
    Destroy(Arc<BoundKey>, Reply<()>),
    Generate(KeyOrder, Reply<KeyDescription>),
    Inspect(KeyName, ObjectId, Reply<KeyDescription>),
    Attest(Arc<BoundKey>, Reply<Vec<Vec<u8>>>),
    Unlock(Pin, Operator, Reply<()>),
    Lock(Reply<()>),
    Info(Reply<DeviceInfo>),
    Secret(Secret, Reply<()>),
    SetManagementKey(Access, NewManagementKey, Reply<()>),
    ImportCertificate(Access, Slot, Vec<u8>, Reply<()>),
    /// End. Nothing is asked afterwards.
    Shutdown(Option<oneshot::Sender<()>>),
}

/// A PIN or a PUK to be changed.
pub(super) enum Secret {
    ChangePin(SecretString, SecretString, Operator),
    ChangePuk(SecretString, SecretString),
    /// With the PUK.
    UnblockPin(SecretString, SecretString),
}
