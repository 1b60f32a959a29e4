//! The PIN and the PUK (SP 800-73-4, part 2, sections 3.2.1 to 3.2.3). Each call costs a try where
//! the secret is wrong, and none is made twice.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::CardError;
use super::session::Session;
use super::status::Status;

/// Both are padded to this length with FF (section 2.4.3).
const LENGTH: usize = 8;

/// A secret that a person types, by its key reference (SP 800-73-4, part 1, table 4b).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::keystore::piv) enum Reference {
    /// The PIN.
    Pin = 0x80,
    /// The PUK.
    Puk = 0x81,
}

/// Could this be a PIN or a PUK? What can't is tried on no device.
pub(in crate::keystore::piv) fn may_be_pin(pin: &SecretString) -> Result<(), CardError> {
    padded(pin).map(drop)
}

impl Session<'_> {
    /// Verifies the PIN. It holds until this session ends.
    pub(in crate::keystore::piv) fn verify(&mut self, pin: &SecretString) -> Result<(), CardError> {
        let padded = padded(pin)?;
        let status = self.order("VERIFY", 0x20, [0x00, 0x80], &*padded)?;
        judged("VERIFY", status)?;
        self.verified = true;
        Ok(())
    }

    /// Gives up the PIN that was verified, by whomever (SP 800-73-4, part 2, section 3.2.1: P1 FF).
    pub(super) fn log_out(&self) -> Result<(), CardError> {
        judged(
            "VERIFY (P1 FF)",
            self.order("VERIFY", 0x20, [0xff, 0x80], &[])?,
        )
    }

    /// Changes the PIN or the PUK.
    pub(in crate::keystore::piv) fn change(
        &mut self,
        reference: Reference,
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), CardError> {
        let both = pair(old, new)?;
        // Firmware counts it as a verified PIN.
        self.verified |= reference == Reference::Pin;
        let name = "CHANGE REFERENCE DATA";
        judged(
            name,
            self.order(name, 0x24, [0x00, reference as u8], &*both)?,
        )
    }

    /// Sets a new PIN with the PUK.
    pub(in crate::keystore::piv) fn unblock(
        &mut self,
        puk: &SecretString,
        new: &SecretString,
    ) -> Result<(), CardError> {
        let both = pair(puk, new)?;
        self.verified = true;
        let name = "RESET RETRY COUNTER";
        judged(name, self.order(name, 0x2c, [0x00, 0x80], &*both)?)
    }
}

fn judged(command: &'static str, status: Status) -> Result<(), CardError> {
    match (status, status.tries()) {
        (Status::DONE, _) => Ok(()),
        (Status::BLOCKED, _) | (_, Some(0)) => Err(CardError::Blocked { command }),
        (_, Some(left)) => Err(CardError::Wrong { command, left }),
        _ => Err(CardError::Refused { command, status }),
    }
}

/// Refuses what can't be a PIN, such as a one-time password that a YubiKey typed when it was touched
/// by accident: it would cost a try.
fn padded(secret: &SecretString) -> Result<Zeroizing<[u8; LENGTH]>, CardError> {
    let bytes = secret.expose_secret().as_bytes();
    let mut padded = Zeroizing::new([0xff; LENGTH]);
    match padded.get_mut(..bytes.len()) {
        Some(place) if bytes.len() >= 6 && bytes.is_ascii() => place.copy_from_slice(bytes),
        _ => return Err(CardError::Shape(bytes.len())),
    }
    Ok(padded)
}

fn pair(
    first: &SecretString,
    second: &SecretString,
) -> Result<Zeroizing<[u8; 2 * LENGTH]>, CardError> {
    let mut both = Zeroizing::new([0; 2 * LENGTH]);
    let (front, back) = both.split_at_mut(LENGTH);
    front.copy_from_slice(&*padded(first)?);
    back.copy_from_slice(&*padded(second)?);
    Ok(both)
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    const SELECT: (&str, &str) = ("00a4040005a00000030800", "9000");
    const LOGOUT: (&str, &str) = ("0020ff80", "9000");
    const RIGHT: &str = "0020008008313233343536ffff";

    fn with<T>(script: &[(&str, &str)], work: impl FnOnce(&mut Session<'_>) -> T) -> T {
        let card = Fake::new(&[&[SELECT], script].concat());
        let mut session = Session::begin(&card).unwrap();
        work(&mut session)
    }

    #[test]
    fn a_pin_that_was_verified_is_given_up_and_a_wrong_one_has_none_to_give_up() {
        let verify = |session: &mut Session<'_>| session.verify(&"123456".into());
        assert_eq!(with(&[(RIGHT, "9000"), LOGOUT], verify), Ok(()));
        let (command, left) = ("VERIFY", 2);
        let wrong = CardError::Wrong { command, left };
        assert_eq!(with(&[(RIGHT, "63c2")], verify), Err(wrong));
        for blocked in ["63c0", "6983"] {
            let error = with(&[(RIGHT, blocked)], verify);
            assert_eq!(error, Err(CardError::Blocked { command }));
        }
    }

    #[test]
    fn what_can_be_no_pin_is_not_sent() {
        let typed_by_touch = "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut";
        for bad in ["", "12345", "123456789", "12345\u{e9}", typed_by_touch] {
            let refused = with(&[], |session| session.verify(&bad.into()));
            assert_eq!(refused, Err(CardError::Shape(bad.len())));
        }
    }

    #[test]
    fn pin_and_puk_are_changed_with_the_old_one_before_the_new() {
        let pin = ("0024008010313233343536ffff3837363534333231", "9000");
        let puk = ("0024008110313233343536373838373635343332ff", "63c1");
        let unblock = ("002c0080103132333435363738363534333231ffff", "9000");
        let (old, new) = ("123456".into(), "87654321".into());
        with(&[pin, LOGOUT], |session| {
            session.change(Reference::Pin, &old, &new).unwrap();
        });
        with(&[puk], |session| {
            let refused = session.change(Reference::Puk, &"12345678".into(), &"8765432".into());
            assert!(matches!(refused, Err(CardError::Wrong { left: 1, .. })));
        });
        with(&[unblock, LOGOUT], |session| {
            session
                .unblock(&"12345678".into(), &"654321".into())
                .unwrap();
        });
    }
}
