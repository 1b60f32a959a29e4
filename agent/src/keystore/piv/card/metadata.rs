//! What a card says of its keys and secrets (Yubico: GET METADATA, firmware 5.3 and later).

use privyseal_tuf::PublicKey;
use x509_cert::der::Encode;
use yubikey::piv::{AlgorithmId, Origin, SlotAlgorithmId, SlotMetadata};

use super::error::CardError;
use super::management::ManagementAlgorithm;
use super::pin::Reference;
use super::session::Session;
use super::shield::shield;
use super::status::Status;
use crate::keystore::policy::{PinPolicy, Policies, TouchPolicy};
use crate::keystore::slot::Slot;

const NAME: &str = "GET METADATA";

/// A key, as its device describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::keystore::piv) struct KeyMetadata {
    /// What it is, such as "ecdsa-p256", or "x25519" of which no key here is made.
    pub(in crate::keystore::piv) algorithm: String,
    /// None where the device enforces something else, such as a fingerprint.
    pub(in crate::keystore::piv) policies: Option<Policies>,
    /// Was it made on the device?
    pub(in crate::keystore::piv) generated: bool,
    /// None where it is of a kind that can't sign here.
    pub(in crate::keystore::piv) public_key: Option<PublicKey>,
}

/// The PIN or the PUK, as the device describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::keystore::piv) struct SecretMetadata {
    /// Is it the one from the factory?
    pub(in crate::keystore::piv) factory: bool,
    /// Tries after a right one.
    pub(in crate::keystore::piv) total: u8,
    /// Tries that are left.
    pub(in crate::keystore::piv) left: u8,
}

/// The management key, as the device describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::keystore::piv) struct ManagementMetadata {
    pub(in crate::keystore::piv) algorithm: ManagementAlgorithm,
    /// Is it the one from the factory?
    pub(in crate::keystore::piv) factory: bool,
    /// Does it ask for a touch?
    pub(in crate::keystore::piv) touch: bool,
}

impl Session<'_> {
    /// Describes the key in a slot; none where it is empty.
    pub(in crate::keystore::piv) fn key(
        &self,
        slot: Slot,
    ) -> Result<Option<KeyMetadata>, CardError> {
        let Some(metadata) = self.metadata(slot.as_byte())? else {
            return Ok(None);
        };
        let SlotAlgorithmId::Asymmetric(algorithm) = metadata.algorithm else {
            return Err(CardError::nonsense(NAME, "a slot without a kind of key"));
        };
        let public_key = metadata.public.and_then(|spki| spki.to_der().ok());
        let public_key = public_key.and_then(|der| PublicKey::from_spki_der(&der).ok());
        let known = public_key.as_ref().map(|key| key.algorithm().to_string());
        Ok(Some(KeyMetadata {
            algorithm: known.unwrap_or_else(|| other(algorithm).to_owned()),
            policies: metadata.policy.and_then(|(pin, touch)| {
                Some(Policies {
                    pin: PinPolicy::from_tag(pin.into())?,
                    touch: TouchPolicy::from_tag(touch.into())?,
                })
            }),
            generated: metadata.origin == Some(Origin::Generated),
            public_key,
        }))
    }

    /// Describes the PIN or the PUK. This costs no try.
    pub(in crate::keystore::piv) fn secret(
        &self,
        reference: Reference,
    ) -> Result<SecretMetadata, CardError> {
        let metadata = self.metadata(reference as u8)?;
        let described = metadata.and_then(|metadata| {
            let tries = metadata.retries?;
            Some(SecretMetadata {
                factory: metadata.default?,
                total: tries.retry_count,
                left: tries.remaining_count,
            })
        });
        described.ok_or_else(|| CardError::nonsense(NAME, "no tries, or no default"))
    }

    /// Describes the management key.
    pub(in crate::keystore::piv) fn management_key(&self) -> Result<ManagementMetadata, CardError> {
        let metadata = self.metadata(0x9b)?;
        let described = metadata.and_then(|metadata| {
            let SlotAlgorithmId::Management(algorithm) = metadata.algorithm else {
                return None;
            };
            let touch = metadata.policy.map(|(_, touch)| u8::from(touch));
            Some(ManagementMetadata {
                algorithm: ManagementAlgorithm::from(algorithm),
                factory: metadata.default?,
                touch: touch.is_some_and(|touch| touch > TouchPolicy::Never.tag()),
            })
        });
        described.ok_or_else(|| CardError::nonsense(NAME, "no algorithm, or no default"))
    }

    fn metadata(&self, reference: u8) -> Result<Option<SlotMetadata>, CardError> {
        let answer = self.send(NAME, 0xf7, [0, reference], &[])?;
        match answer.status {
            Status::NO_KEY => Ok(None),
            Status::NO_COMMAND => Err(CardError::Unsupported(
                "GET METADATA, which firmware 5.3 brought".to_owned(),
            )),
            _ => {
                let data = answer.done()?;
                shield(NAME, || SlotMetadata::try_from(data)).map(Some)
            }
        }
    }
}

/// The name of what no key here is made of.
fn other(algorithm: AlgorithmId) -> &'static str {
    match algorithm {
        AlgorithmId::Rsa1024 => "rsa-1024",
        AlgorithmId::X25519 => "x25519",
        _ => "of a public key that is not valid",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    const SELECT: (&str, &str) = ("00a4040005a00000030800", "9000");
    const POINT: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                         4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    fn with<T>(command: &str, answer: &str, ask: impl FnOnce(&Session<'_>) -> T) -> T {
        let card = Fake::new(&[SELECT, (command, answer)]);
        ask(&Session::begin(&card).unwrap())
    }

    fn key(answer: &str) -> Result<Option<KeyMetadata>, CardError> {
        with("00f7009c00", answer, |session| session.key(Slot::SIGNATURE))
    }

    #[test]
    fn a_key_is_described_with_its_policies() {
        let found = key(&format!("0101110202030203010104438641{POINT}9000")).unwrap();
        let found = found.unwrap();
        assert_eq!(found.algorithm, "ecdsa-p256");
        assert_eq!(
            found.policies.unwrap().to_string(),
            "PIN always, touch always"
        );
        assert!(found.generated);
        let point = hex::decode(POINT).unwrap();
        assert_eq!(found.public_key, PublicKey::ecdsa_p256(&point).ok());
        assert_eq!(key("6a88"), Ok(None));
        assert!(matches!(key("6d00"), Err(CardError::Unsupported(_))));
    }

    #[test]
    fn keys_that_can_not_sign_here_are_named() {
        let x25519 = format!("0101e1020202010301020422862009{}9000", "00".repeat(31));
        let found = key(&x25519).unwrap().unwrap();
        assert_eq!(
            (found.algorithm.as_str(), found.public_key),
            ("x25519", None)
        );
        assert!(!found.generated);
    }

    #[test]
    fn no_answer_makes_it_panic() {
        let whole = format!("0101110202030203010104438641{POINT}");
        for end in (0..whole.len()).step_by(2) {
            let answer = key(&format!("{}9000", &whole[..end]));
            assert!(!answer.is_ok_and(|key| key.is_some_and(|key| key.public_key.is_some())));
        }
        for answer in [
            "01009000",
            "01019000",
            "0181819000",
            "02009000",
            "04020486009000",
        ] {
            assert!(key(answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn tries_and_factory_secrets_are_told() {
        let pin = with(
            "00f7008000",
            "0101ff0501010602080390 00".replace(' ', "").as_str(),
            |s| s.secret(Reference::Pin),
        );
        let expected = SecretMetadata {
            factory: true,
            total: 8,
            left: 3,
        };
        assert_eq!(pin, Ok(expected));
        let nonsense = with("00f7008100", "0101ff0501009000", |s| {
            s.secret(Reference::Puk)
        });
        assert!(matches!(nonsense, Err(CardError::Nonsense { .. })));
        let key = with("00f7009b00", "01010a020200020501019000", |s| {
            s.management_key()
        });
        let expected = ManagementMetadata {
            algorithm: ManagementAlgorithm::Aes192,
            factory: true,
            touch: true,
        };
        assert_eq!(key, Ok(expected));
    }
}
