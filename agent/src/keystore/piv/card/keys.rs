//! Making and destroying keys, and proof of where they were made (Yubico's PIV extensions).

use privyseal_tuf::Algorithm;
use zeroize::Zeroizing;

use super::error::CardError;
use super::session::Session;
use super::sign::identifier;
use super::status::Status;
use super::tlv;
use crate::keystore::policy::Policies;
use crate::keystore::slot::Slot;

impl Session<'_> {
    /// Makes a key pair in a slot; what was there is lost. The public half is read from its
    /// metadata. RSA takes minutes.
    pub(in crate::keystore::piv) fn generate(
        &self,
        slot: Slot,
        algorithm: Algorithm,
        policies: Policies,
    ) -> Result<(), CardError> {
        let command = "GENERATE ASYMMETRIC KEY PAIR";
        let how = tlv::join(&[
            tlv::write(0x80, &[identifier(algorithm)?]),
            tlv::write(0xaa, &[policies.pin.tag()]),
            tlv::write(0xab, &[policies.touch.tag()]),
        ]);
        let answer = self.send(command, 0x47, [0, slot.as_byte()], &tlv::write(0xac, &how))?;
        supported(answer.done().map(drop), algorithm)
    }

    /// Destroys the key in a slot (firmware 5.7: MOVE KEY to FF).
    pub(in crate::keystore::piv) fn delete(&self, slot: Slot) -> Result<(), CardError> {
        let command = "DELETE KEY";
        match self.order(command, 0xf6, [0xff, slot.as_byte()], &[])? {
            // Nothing is left to destroy.
            Status::DONE | Status::NO_KEY => Ok(()),
            Status::NO_COMMAND => Err(CardError::Unsupported(
                "way to destroy a key, which firmware 5.7 brought".to_owned(),
            )),
            status => Err(CardError::Refused { command, status }),
        }
    }

    /// Has the device certify that it made the key in a slot: a certificate in DER.
    pub(in crate::keystore::piv) fn attest(
        &self,
        slot: Slot,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.send("ATTEST", 0xf9, [slot.as_byte(), 0], &[])?.done()
    }
}

/// Firmware that does not know an algorithm finds its value wrong.
fn supported(done: Result<(), CardError>, algorithm: Algorithm) -> Result<(), CardError> {
    match done {
        Err(CardError::Refused { status, .. }) if status.is_about_parameters() => {
            Err(CardError::Unsupported(format!(
                "{algorithm} keys, or not with these policies, in its firmware ({status})"
            )))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;
    use crate::keystore::policy::{PinPolicy, TouchPolicy};

    const SELECT: (&str, &str) = ("00a4040005a00000030800", "9000");
    const STRICT: Policies = Policies {
        pin: PinPolicy::Always,
        touch: TouchPolicy::Always,
    };

    #[test]
    fn a_key_is_made_with_the_policies_that_were_asked() {
        let command = "0047009c0bac09800111aa0103ab010200";
        let card = Fake::new(&[
            SELECT,
            (command, "7f4900 9000".replace(' ', "").as_str()),
            ("0047009c0bac098001e0aa0103ab010200", "6a80"),
        ]);
        let session = Session::begin(&card).unwrap();
        let made = session.generate(Slot::SIGNATURE, Algorithm::EcdsaP256, STRICT);
        assert_eq!(made, Ok(()));
        let refused = session.generate(Slot::SIGNATURE, Algorithm::Ed25519, STRICT);
        assert!(matches!(refused, Err(CardError::Unsupported(_))));
    }

    #[test]
    fn old_firmware_can_not_destroy_a_key() {
        let destroy = "00f6ff9c";
        let card = Fake::new(&[
            SELECT,
            (destroy, "9000"),
            (destroy, "6a88"),
            (destroy, "6d00"),
        ]);
        let session = Session::begin(&card).unwrap();
        assert_eq!(session.delete(Slot::SIGNATURE), Ok(()));
        assert_eq!(session.delete(Slot::SIGNATURE), Ok(()));
        let refused = session.delete(Slot::SIGNATURE).unwrap_err().to_string();
        assert!(refused.contains("5.7"), "{refused}");
    }
}
