//! The management key: what lets an administrator make keys (SP 800-73-4, part 2, appendix A.1, and
//! Yubico's SET MANAGEMENT KEY).

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use des::TdesEde3;
use ring::rand::{SecureRandom, SystemRandom};
use yubikey::MgmAlgorithmId;
use zeroize::Zeroizing;

use super::error::CardError;
use super::session::Session;
use super::status::Status;
use super::tlv;

const NAME: &str = "GENERAL AUTHENTICATE";

/// Its key reference.
const REFERENCE: u8 = 0x9b;

/// What a management key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::keystore::piv) enum ManagementAlgorithm {
    /// Triple DES, all that firmware below 5.4 knows.
    TripleDes = 0x03,
    /// AES with 128 bits.
    Aes128 = 0x08,
    /// AES with 192 bits, the factory's own from firmware 5.7 on.
    Aes192 = 0x0a,
    /// AES with 256 bits.
    Aes256 = 0x0c,
}

impl From<MgmAlgorithmId> for ManagementAlgorithm {
    fn from(id: MgmAlgorithmId) -> Self {
        match id {
            MgmAlgorithmId::ThreeDes => Self::TripleDes,
            MgmAlgorithmId::Aes128 => Self::Aes128,
            MgmAlgorithmId::Aes192 => Self::Aes192,
            MgmAlgorithmId::Aes256 => Self::Aes256,
        }
    }
}

impl ManagementAlgorithm {
    /// The name that Yubico's tools have for it.
    pub(in crate::keystore::piv) fn name(self) -> &'static str {
        match self {
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        }
    }

    /// The length of its keys in bytes.
    pub(in crate::keystore::piv) fn length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::TripleDes | Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Deciphers what the card enciphered.
    fn decipher(self, key: &[u8], block: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::TripleDes => decipher::<TdesEde3>(key, block),
            Self::Aes128 => decipher::<Aes128>(key, block),
            Self::Aes192 => decipher::<Aes192>(key, block),
            Self::Aes256 => decipher::<Aes256>(key, block),
        }
    }

    /// Enciphers as the card must.
    fn encipher(self, key: &[u8], block: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::TripleDes => encipher::<TdesEde3>(key, block),
            Self::Aes128 => encipher::<Aes128>(key, block),
            Self::Aes192 => encipher::<Aes192>(key, block),
            Self::Aes256 => encipher::<Aes256>(key, block),
        }
    }
}

fn decipher<C>(key: &[u8], block: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: KeyInit + BlockSizeUser + BlockCipherDecrypt,
{
    let cipher = C::new_from_slice(key).ok()?;
    let mut block: Array<u8, C::BlockSize> = Array::try_from(block).ok()?;
    cipher.decrypt_block(&mut block);
    Some(Zeroizing::new(block.to_vec()))
}

fn encipher<C>(key: &[u8], block: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: KeyInit + BlockSizeUser + BlockCipherEncrypt,
{
    let cipher = C::new_from_slice(key).ok()?;
    let mut block: Array<u8, C::BlockSize> = Array::try_from(block).ok()?;
    cipher.encrypt_block(&mut block);
    Some(Zeroizing::new(block.to_vec()))
}

impl Session<'_> {
    /// Proves to the card that we know its management key, and has it prove the same: a card that
    /// somebody put in its place learns nothing. It holds until this session ends.
    pub(in crate::keystore::piv) fn administer(
        &mut self,
        algorithm: ManagementAlgorithm,
        key: &[u8],
    ) -> Result<(), CardError> {
        let parameters = [algorithm as u8, REFERENCE];
        let witness = self.send(NAME, 0x87, parameters, &[0x7c, 0x02, 0x80, 0x00])?;
        let witness = witness.done()?;
        let witness = element(0x80, &witness)?;
        let proof = algorithm.decipher(key, witness);
        let proof = proof.ok_or(CardError::ManagementKey)?;
        let mut challenge = vec![0; witness.len()];
        let filled = SystemRandom::new().fill(&mut challenge);
        filled.map_err(|_| CardError::Reader("the system gives no random bytes".to_owned()))?;

        let template = tlv::join(&[tlv::write(0x80, &proof), tlv::write(0x81, &challenge)]);
        let answer = self.send(NAME, 0x87, parameters, &tlv::write(0x7c, &template))?;
        match answer.status {
            Status::DONE => self.administers = true,
            // YubiKeys say either.
            Status::SECURITY | Status::DATA => return Err(CardError::ManagementKey),
            status if status.tries().is_some() => return Err(CardError::ManagementKey),
            _ => {}
        }
        let answer = answer.done()?;
        let expected = algorithm.encipher(key, &challenge);
        match expected {
            Some(expected) if *expected == element(0x82, &answer)? => Ok(()),
            _ => Err(CardError::ManagementKey),
        }
    }

    /// Sets another management key, without touch. The old one must have been proved.
    pub(in crate::keystore::piv) fn set_management_key(
        &self,
        algorithm: ManagementAlgorithm,
        key: &Zeroizing<Vec<u8>>,
    ) -> Result<(), CardError> {
        let mut data = Zeroizing::new(Vec::with_capacity(key.len() + 3));
        data.push(algorithm as u8);
        data.extend_from_slice(&tlv::write(REFERENCE, key));
        let command = "SET MANAGEMENT KEY";
        match self.order(command, 0xff, [0xff, 0xff], &data)? {
            Status::DONE => Ok(()),
            status => Err(CardError::Refused { command, status }),
        }
    }
}

fn element(tag: u8, answer: &[u8]) -> Result<&[u8], CardError> {
    tlv::find(0x7c, answer)
        .and_then(|template| tlv::find(tag, template))
        .ok_or_else(|| CardError::nonsense(NAME, "an element is missing"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::apdu::Transport;
    use super::*;

    const FACTORY: &str = "010203040506070801020304050607080102030405060708";

    /// A card that knows this key, and proves that it does or claims so.
    struct Knows {
        algorithm: ManagementAlgorithm,
        key: Vec<u8>,
        honest: bool,
        left: Cell<bool>,
    }

    impl Transport for Knows {
        fn transmit(&self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardError> {
            let size = if self.algorithm == ManagementAlgorithm::TripleDes {
                8
            } else {
                16
            };
            let secret = vec![0x77; size];
            let answer = match command {
                [0, 0xa4, _, _, 8, ..] => {
                    self.left.set(true);
                    vec![]
                }
                [0, 0xa4, ..] => vec![],
                [0, 0x87, _, 0x9b, 4, ..] => {
                    let witness = self.algorithm.encipher(&self.key, &secret).unwrap();
                    tlv::write(0x7c, &tlv::write(0x80, &witness)).to_vec()
                }
                [0, 0x87, _, 0x9b, _, rest @ ..] => {
                    let template = tlv::find(0x7c, rest).unwrap();
                    if tlv::find(0x80, template) != Some(&secret) {
                        return Ok(Zeroizing::new(vec![0x69, 0x82]));
                    }
                    let challenge = tlv::find(0x81, template).unwrap();
                    let proof = self.algorithm.encipher(&self.key, challenge).unwrap();
                    let proof = if self.honest {
                        proof
                    } else {
                        Zeroizing::new(secret)
                    };
                    tlv::write(0x7c, &tlv::write(0x82, &proof)).to_vec()
                }
                other => panic!("{}", hex::encode(other)),
            };
            Ok(Zeroizing::new([answer, vec![0x90, 0x00]].concat()))
        }
    }

    fn card(algorithm: ManagementAlgorithm, honest: bool) -> Knows {
        Knows {
            algorithm,
            key: vec![0x42; algorithm.length()],
            honest,
            left: Cell::new(false),
        }
    }

    #[test]
    fn both_prove_the_key_and_the_status_is_given_up() {
        use ManagementAlgorithm::{Aes128, Aes192, Aes256, TripleDes};
        for algorithm in [TripleDes, Aes128, Aes192, Aes256] {
            let card = card(algorithm, true);
            let mut session = Session::begin(&card).unwrap();
            assert_eq!(session.administer(algorithm, &card.key), Ok(()));
            drop(session);
            assert!(card.left.get(), "{algorithm:?}");
        }
    }

    #[test]
    fn another_key_is_refused_by_either_side() {
        let algorithm = ManagementAlgorithm::Aes192;
        let factory = hex::decode(FACTORY).unwrap();
        let honest = card(algorithm, true);
        let refused = Session::begin(&honest)
            .unwrap()
            .administer(algorithm, &factory);
        assert_eq!(refused, Err(CardError::ManagementKey));
        let liar = card(algorithm, false);
        let refused = Session::begin(&liar)
            .unwrap()
            .administer(algorithm, &liar.key);
        assert_eq!(refused, Err(CardError::ManagementKey));
        let short = Session::begin(&honest)
            .unwrap()
            .administer(algorithm, &[0; 23]);
        assert_eq!(short, Err(CardError::ManagementKey));
    }
}
