//! Signatures (SP 800-73-4, part 2, section 3.2.4: GENERAL AUTHENTICATE).

use privyseal_tuf::{Algorithm, Signature};

use super::error::CardError;
use super::pss;
use super::session::Session;
use super::tlv;
use crate::corridor::permit::Message;
use crate::keystore::slot::Slot;

const NAME: &str = "GENERAL AUTHENTICATE";

/// The longest message that is signed with Ed25519, in bytes. Ed25519 is over the message and not
/// over a digest, and a YubiKey takes 3,072 bytes in one command, tags included.
pub(in crate::keystore::piv) const LONGEST_MESSAGE: usize = 3_000;

/// The value of a private key's algorithm (SP 800-78-4, table 6-2, and Yubico's own from firmware
/// 5.7 on).
pub(super) fn identifier(algorithm: Algorithm) -> Result<u8, CardError> {
    match algorithm {
        Algorithm::EcdsaP256 => Ok(0x11),
        Algorithm::EcdsaP384 => Ok(0x14),
        Algorithm::Ed25519 => Ok(0xe0),
        Algorithm::RsaPss { bits: 2048 } => Ok(0x07),
        Algorithm::RsaPss { bits: 3072 } => Ok(0x05),
        Algorithm::RsaPss { bits: 4096 } => Ok(0x16),
        other @ Algorithm::RsaPss { .. } => Err(CardError::Unsupported(format!("{other} keys"))),
    }
}

impl Session<'_> {
    /// Signs with the key in a slot; the signature has the one form of its algorithm. This takes as
    /// long as a person takes to touch the device, where the key asks for it.
    pub(in crate::keystore::piv) fn sign(
        &self,
        slot: Slot,
        algorithm: Algorithm,
        message: &Message,
    ) -> Result<Vec<u8>, CardError> {
        let input = input(algorithm, message)?;
        let template = tlv::join(&[tlv::write(0x82, &[]), tlv::write(0x81, &input)]);
        let parameters = [identifier(algorithm)?, slot.as_byte()];
        let answer = self.send(NAME, 0x87, parameters, &tlv::write(0x7c, &template))?;
        let answer = answer.done()?;
        let signature = tlv::find(0x7c, &answer).and_then(|template| tlv::find(0x82, template));
        let signature =
            signature.ok_or_else(|| CardError::nonsense(NAME, "there is no signature in it"))?;
        match algorithm {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => {
                let signature = Signature::from_der(algorithm, signature);
                let signature =
                    signature.map_err(|error| CardError::nonsense(NAME, error.to_string()))?;
                Ok(signature.as_raw().to_vec())
            }
            Algorithm::Ed25519 | Algorithm::RsaPss { .. } => Ok(signature.to_vec()),
        }
    }
}

/// What the card's bare operation is given.
fn input(algorithm: Algorithm, message: &Message) -> Result<Vec<u8>, CardError> {
    let digest = message.digest();
    match algorithm {
        Algorithm::EcdsaP256 => Ok(digest.as_bytes().to_vec()),
        // As long as the curve's order; zeros in front change nothing of the number.
        Algorithm::EcdsaP384 => Ok([&[0; 16], &digest.as_bytes()[..]].concat()),
        Algorithm::RsaPss { bits } => pss::encoded(digest, bits),
        Algorithm::Ed25519 if message.bytes().len() > LONGEST_MESSAGE => {
            Err(CardError::TooLong(message.bytes().len()))
        }
        Algorithm::Ed25519 => Ok(message.bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    const SELECT: (&str, &str) = ("00a4040005a00000030800", "9000");
    /// SHA-256 of "root".
    const DIGEST: &str = "4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2";

    fn sign(algorithm: Algorithm, command: &str, answer: &str) -> Result<Vec<u8>, CardError> {
        let card = Fake::new(&[SELECT, (command, answer)]);
        let message = Message::new(b"root".to_vec());
        let session = Session::begin(&card).unwrap();
        session.sign(Slot::SIGNATURE, algorithm, &message)
    }

    #[test]
    fn ecdsa_is_over_the_digest_and_its_der_is_taken_apart() {
        let command = format!("0087119c267c2482008120{DIGEST}00");
        let raw = sign(
            Algorithm::EcdsaP256,
            &command,
            "7c0a8208300602010102010 29000".replace(' ', "").as_str(),
        );
        let expected = [&[0; 31][..], &[1], &[0; 31], &[2]].concat();
        assert_eq!(raw, Ok(expected));
        let command = format!("0087149c367c348200813000000000000000000000000000000000{DIGEST}00");
        let raw = sign(
            Algorithm::EcdsaP384,
            &command,
            "7c0a82083006020101020102 9000".replace(' ', "").as_str(),
        );
        assert_eq!(raw.unwrap().len(), 96);
    }

    #[test]
    fn ed25519_is_over_the_message() {
        let answer = format!("7c428240{}9000", "5a".repeat(64));
        let raw = sign(
            Algorithm::Ed25519,
            "0087e09c0a7c0882008104726f6f7400",
            &answer,
        );
        assert_eq!(raw, Ok(vec![0x5a; 64]));
        let long = Message::new(vec![0; LONGEST_MESSAGE + 1]);
        let refused = input(Algorithm::Ed25519, &long).unwrap_err();
        assert!(refused.to_string().contains("3000"), "{refused}");
        assert!(input(Algorithm::EcdsaP256, &long).is_ok());
    }

    #[test]
    fn answers_without_a_signature_are_refused() {
        let command = format!("0087119c267c2482008120{DIGEST}00");
        for answer in [
            "9000",
            "7c009000",
            "7c0282009000",
            "7c0481026f6f9000",
            "6982",
        ] {
            assert!(sign(Algorithm::EcdsaP256, &command, answer).is_err());
        }
    }
}
