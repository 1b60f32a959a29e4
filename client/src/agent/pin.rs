//! What can be no PIN, said before a try is spent on it.

/// The kind of a keystore that is a YubiKey, as agents name it.
pub const PIV: &str = "piv";

/// PKCS#11 tokens take PINs of at most 255 bytes.
pub const LONGEST_PIN: usize = 255;

/// The letters of a one-time password, which mean the same on every keyboard (Yubico, "ModHex").
const MODHEX: &[u8] = b"cbdefghijklnrtuv";

/// Why a text is not sent as a PIN. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPin {
    /// Nothing was typed.
    #[error("the PIN is empty")]
    Empty,
    /// Longer than PKCS#11 has room for.
    #[error("the PIN is longer than a token takes")]
    TooLong,
    /// Somebody touched the YubiKey while the PIN was asked for.
    #[error("this is a one-time password, which a YubiKey types when it is touched, not its PIN")]
    OneTimePassword,
    /// Of another length than PIV has.
    #[error("the PIN of a YubiKey has 6 to 8 characters")]
    Length,
}

/// Whether this may be the PIN of a keystore of this kind. A PIV device has PINs of 6 to 8 bytes
/// (SP 800-73-4, part 2, section 2.4.3); a wrong one costs a try of few.
///
/// # Errors
/// Where it can be none.
pub fn check_pin(kind: &str, pin: &str) -> Result<(), NoPin> {
    match pin.len() {
        0 => Err(NoPin::Empty),
        _ if kind == PIV && is_one_time_password(pin) => Err(NoPin::OneTimePassword),
        length if kind == PIV && !(6..=8).contains(&length) => Err(NoPin::Length),
        1..=LONGEST_PIN => Ok(()),
        _ => Err(NoPin::TooLong),
    }
}

/// 32 letters, behind up to 16 that name the YubiKey: from the factory 44 (Yubico, "OTPs explained").
fn is_one_time_password(text: &str) -> bool {
    let is_modhex = |byte: u8| MODHEX.contains(&byte.to_ascii_lowercase());
    (32..=48).contains(&text.len()) && text.bytes().all(is_modhex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_time_password_is_not_taken_for_a_pin() {
        let typed = "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut";
        assert_eq!(typed.len(), 44);
        assert_eq!(check_pin(PIV, typed), Err(NoPin::OneTimePassword));
        let locked = typed.to_ascii_uppercase();
        assert_eq!(check_pin(PIV, &locked), Err(NoPin::OneTimePassword));
        assert_eq!(check_pin("pkcs11", typed), Ok(()));
    }

    #[test]
    fn pins_have_the_length_of_their_kind() {
        for (pin, of_piv) in [
            ("", Err(NoPin::Empty)),
            ("12345", Err(NoPin::Length)),
            ("123457", Ok(())),
            ("s3cr:t!?", Ok(())),
            ("123456789", Err(NoPin::Length)),
        ] {
            assert_eq!(check_pin(PIV, pin), of_piv);
        }
        assert_eq!(check_pin("pkcs11", "1"), Ok(()));
        assert_eq!(check_pin("pkcs11", ""), Err(NoPin::Empty));
        let long = "1".repeat(256);
        assert_eq!(check_pin("pkcs11", &long), Err(NoPin::TooLong));
    }
}
