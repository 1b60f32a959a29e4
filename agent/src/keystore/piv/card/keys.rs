//! Making, taking and destroying keys, and proof of where they were made (Yubico's PIV extensions).

use privyseal_tuf::Algorithm;
use zeroize::Zeroizing;

use super::error::CardError;
use super::session::Session;
use super::sign::identifier;
use super::status::Status;
use super::tlv;
use crate::keystore::policy::Policies;
use crate::keystore::private_key::{PrivateKey, RsaSecret, Secret};
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

    /// Writes a private key into a slot; what was there is lost.
    pub(in crate::keystore::piv) fn import(
        &self,
        slot: Slot,
        key: &PrivateKey,
        policies: Policies,
    ) -> Result<(), CardError> {
        let algorithm = key.public().algorithm();
        let numbers = numbers(key, algorithm)?;
        let data = tlv::join(&[
            numbers,
            tlv::write(0xaa, &[policies.pin.tag()]),
            tlv::write(0xab, &[policies.touch.tag()]),
        ]);
        let parameters = [identifier(algorithm)?, slot.as_byte()];
        let done = self.done("IMPORT ASYMMETRIC KEY", 0xfe, parameters, &data);
        supported(done, algorithm)
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

    fn done(
        &self,
        command: &'static str,
        instruction: u8,
        parameters: [u8; 2],
        data: &[u8],
    ) -> Result<(), CardError> {
        match self.order(command, instruction, parameters, data)? {
            Status::DONE => Ok(()),
            status => Err(CardError::Refused { command, status }),
        }
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

/// The elements of IMPORT ASYMMETRIC KEY, each as long as the card wants it.
fn numbers(key: &PrivateKey, algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, CardError> {
    match (&key.secret, algorithm) {
        (Secret::Elliptic(scalar), Algorithm::EcdsaP256) => element(0x06, scalar, 32),
        (Secret::Elliptic(scalar), Algorithm::EcdsaP384) => element(0x06, scalar, 48),
        (Secret::Elliptic(seed), Algorithm::Ed25519) => element(0x07, seed, 32),
        (Secret::Rsa(rsa), Algorithm::RsaPss { bits }) => rsa_numbers(rsa, usize::from(bits / 16)),
        _ => Err(CardError::Unsupported(format!("such {algorithm} keys"))),
    }
}

fn rsa_numbers(rsa: &RsaSecret, length: usize) -> Result<Zeroizing<Vec<u8>>, CardError> {
    if rsa.public_exponent != [1, 0, 1] {
        let what = "RSA keys with another public exponent than 65537";
        return Err(CardError::Unsupported(what.to_owned()));
    }
    Ok(tlv::join(&[
        element(0x01, &rsa.prime_1, length)?,
        element(0x02, &rsa.prime_2, length)?,
        element(0x03, &rsa.exponent_1, length)?,
        element(0x04, &rsa.exponent_2, length)?,
        element(0x05, &rsa.coefficient, length)?,
    ]))
}

fn element(tag: u8, number: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, CardError> {
    let zeros = length.checked_sub(number.len()).ok_or_else(|| {
        CardError::Unsupported("RSA keys whose primes are not of the same length".to_owned())
    })?;
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.resize(zeros, 0);
    padded.extend_from_slice(number);
    Ok(tlv::write(tag, &padded))
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

    #[test]
    fn numbers_are_as_long_as_the_card_wants_them() {
        assert_eq!(
            **element(6, &[1, 2], 4).as_ref().unwrap(),
            [6, 4, 0, 0, 1, 2]
        );
        assert!(element(6, &[1, 2], 1).is_err());
    }
}
