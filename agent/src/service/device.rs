//! PINs, PUKs and management keys as they come over the wire. The request's copies are cleared, and
//! what can't be one never reaches a device, where a wrong one costs a try.

use privyseal_proto::v1::DeviceAccess;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{
    denial::{Denial, Reason},
    keystore::Access,
};

/// The PIN of every YubiKey that leaves the factory (Yubico, "PIV admin guide").
const FACTORY_PIN: &str = "123456";

/// The PUK of every YubiKey that leaves the factory.
const FACTORY_PUK: &str = "12345678";

/// A secret as a request has it; none where it is empty.
fn secret(text: String) -> Option<SecretString> {
    let text = Zeroizing::new(text);
    (!text.is_empty()).then(|| SecretString::from(text.as_str()))
}

/// What a request says opens the device.
///
/// # Errors
/// Where it can open none.
pub(super) fn access(access: Option<DeviceAccess>) -> Result<Access, Denial> {
    let DeviceAccess {
        pin,
        management_key,
    } = access.unwrap_or_default();
    let access = Access {
        pin: secret(pin),
        management_key: secret(management_key),
        by: None,
    };
    if let Some(pin) = &access.pin {
        fits("access.pin", pin)?;
    }
    if let Some(key) = &access.management_key {
        is_management_key("access.management_key", key)?;
    }
    Ok(access)
}

/// A PIN or PUK that a device may have.
///
/// # Errors
/// Where none can be so.
pub(super) fn present(field: &str, text: String) -> Result<SecretString, Denial> {
    let secret = secret(text).unwrap_or_default();
    fits(field, &secret)?;
    Ok(secret)
}

/// A PIN for a device from now on.
///
/// # Errors
/// Where it can be none, nobody could type it, or everybody knows it.
pub(super) fn new_pin(field: &str, text: String) -> Result<SecretString, Denial> {
    new(field, text, FACTORY_PIN)
}

/// A PUK for a device from now on.
///
/// # Errors
/// As [`new_pin`].
pub(super) fn new_puk(field: &str, text: String) -> Result<SecretString, Denial> {
    new(field, text, FACTORY_PUK)
}

/// A management key for a device from now on; none where it is empty.
///
/// # Errors
/// Where it can be none.
pub(super) fn new_management_key(
    field: &str,
    text: String,
) -> Result<Option<SecretString>, Denial> {
    let key = secret(text);
    if let Some(key) = &key {
        is_management_key(field, key)?;
    }
    Ok(key)
}

fn new(field: &str, text: String, factory: &str) -> Result<SecretString, Denial> {
    let secret = present(field, text)?;
    let shown = secret.expose_secret();
    if shown == factory {
        let what = "it is the one from the factory, which everybody knows";
        return Err(malformed(field, what));
    }
    if !shown.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(malformed(field, "a character of it can't be seen"));
    }
    Ok(secret)
}

/// 6 to 8 ASCII characters (SP 800-73-4, part 2, section 2.4.3, asks for digits; a YubiKey takes any).
fn fits(field: &str, secret: &SecretString) -> Result<(), Denial> {
    let secret = secret.expose_secret();
    match secret.is_ascii() && (6..=8).contains(&secret.len()) {
        true => Ok(()),
        false => Err(malformed(
            field,
            "a PIN or PUK has 6 to 8 ASCII characters; nothing was tried",
        )),
    }
}

/// Hex: AES-128 has 32 digits, 3DES and AES-192 48, AES-256 64.
fn is_management_key(field: &str, key: &SecretString) -> Result<(), Denial> {
    let digits = key.expose_secret().as_bytes();
    let hex = digits.iter().all(u8::is_ascii_hexdigit);
    match hex && matches!(digits.len(), 32 | 48 | 64) {
        true => Ok(()),
        false => Err(malformed(
            field,
            "a management key has 32, 48 or 64 hex digits; nothing was tried",
        )),
    }
}

fn malformed(field: &str, what: &str) -> Denial {
    Denial::new(Reason::RequestMalformed, format!("{field}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_pin_is_refused_by_its_field() {
        let by_touch = "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut";
        for bad in ["", "12345", "123456789", "12345\u{e9}", by_touch] {
            let refused = present("old_pin", bad.to_owned()).unwrap_err();
            assert_eq!(refused.reason(), Reason::RequestMalformed, "{bad}");
            let said = refused.to_string();
            assert!(said.contains("old_pin") && (bad.is_empty() || !said.contains(bad)));
        }
        // It may have been set by somebody else's tool.
        assert!(present("old_pin", "12 456\t".to_owned()).is_ok());
    }

    #[test]
    fn what_everybody_knows_or_nobody_sees_is_set_by_nobody() {
        assert!(new_pin("new_pin", "123456".to_owned()).is_err());
        assert!(new_puk("new_puk", "12345678".to_owned()).is_err());
        assert!(new_pin("new_pin", "12 4567".to_owned()).is_err());
        let pin = new_pin("new_pin", "s3cr:t".to_owned()).unwrap();
        assert_eq!(pin.expose_secret(), "s3cr:t");
    }

    #[test]
    fn management_keys_are_hex_of_their_lengths() {
        let of = |digits: String| new_management_key("new_management_key", digits);
        for length in [32, 48, 64] {
            assert!(of("aB".repeat(length / 2)).unwrap().is_some());
        }
        assert!(of(String::new()).unwrap().is_none());
        for bad in ["ab".repeat(20), "xy".repeat(24), "é".repeat(16)] {
            assert!(of(bad).is_err());
        }
        let wrong = DeviceAccess {
            pin: "1".to_owned(),
            management_key: String::new(),
        };
        assert!(access(Some(wrong)).is_err());
        assert!(access(None).unwrap().pin.is_none());
    }
}
