//! What opens a PIV device, as it comes over the wire.

use privyseal_proto::v1::DeviceAccess;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::keystore::Access;

/// A secret as a request has it; none where it is empty. The request's copy is cleared.
pub(super) fn secret(text: String) -> Option<SecretString> {
    let text = Zeroizing::new(text);
    (!text.is_empty()).then(|| SecretString::from(text.as_str()))
}

/// What a request says opens the device.
pub(super) fn access(access: Option<DeviceAccess>) -> Access {
    let DeviceAccess {
        pin,
        management_key,
    } = access.unwrap_or_default();
    Access {
        pin: secret(pin),
        management_key: secret(management_key),
    }
}
