//! The management key: 3DES or AES, proved by challenge and response (SP 800-73-4 part 2,
//! section 3.2.4 and its appendix A.1).

use aes::{Aes128, Aes192, Aes256};
#[cfg(test)]
use cipher::BlockCipherDecrypt;
use cipher::{Block, BlockCipherEncrypt, KeyInit};
use des::TdesEde3;

use crate::{piv::TouchPolicy, profile::Firmware, status::Status};

/// The management key as it leaves the factory.
const FACTORY: [u8; 24] = [
    1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
];

/// What the card remembers between the two commands of an authentication.
pub(crate) enum Exchange {
    /// The host must show that it decrypted this witness, and gets its own challenge encrypted.
    Witness(Vec<u8>),
    /// The host must encrypt this challenge.
    Challenge(Vec<u8>),
}

/// The management key.
#[derive(Clone)]
pub(crate) struct ManagementKey {
    pub(crate) cipher: Cipher,
    key: Vec<u8>,
    pub(crate) touch: TouchPolicy,
}

/// What the management key is for; the numbers are those of SP 800-78-4, table 6-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Cipher {
    TripleDes = 0x03,
    Aes128 = 0x08,
    Aes192 = 0x0A,
    Aes256 = 0x0C,
}

impl Cipher {
    pub(crate) fn of(number: u8, firmware: Firmware) -> Option<Self> {
        let cipher = match number {
            0x03 => Self::TripleDes,
            0x08 => Self::Aes128,
            0x0A => Self::Aes192,
            0x0C => Self::Aes256,
            _ => return None,
        };
        (cipher == Self::TripleDes || firmware.has_aes_management_keys()).then_some(cipher)
    }

    fn key_length(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes192 => 24,
            Self::Aes128 => 16,
            Self::Aes256 => 32,
        }
    }

    fn block_length(self) -> usize {
        if self == Self::TripleDes { 8 } else { 16 }
    }
}

impl ManagementKey {
    pub(crate) fn factory(firmware: Firmware) -> Self {
        let cipher = if firmware.is_from_5_7() {
            Cipher::Aes192
        } else {
            Cipher::TripleDes
        };
        Self {
            cipher,
            key: FACTORY.to_vec(),
            touch: TouchPolicy::Never,
        }
    }

    /// A new key; its length must be the cipher's.
    pub(crate) fn new(cipher: Cipher, key: &[u8], touch: TouchPolicy) -> Result<Self, Status> {
        if key.len() != cipher.key_length() {
            return Err(Status::WRONG_LENGTH);
        }
        Ok(Self {
            cipher,
            key: key.to_vec(),
            touch,
        })
    }

    /// Whether its bytes are the factory's.
    pub(crate) fn is_factory(&self) -> bool {
        self.key == FACTORY
    }

    /// Random bytes, one block long.
    pub(crate) fn random_block(&self) -> Vec<u8> {
        let mut block = vec![0; self.cipher.block_length()];
        rand::Rng::fill_bytes(&mut rand::rng(), &mut block);
        block
    }

    /// One block, encrypted; nothing where the length is not a block's.
    pub(crate) fn encrypt(&self, block: &[u8]) -> Option<Vec<u8>> {
        match self.cipher {
            Cipher::TripleDes => encrypt::<TdesEde3>(&self.key, block),
            Cipher::Aes128 => encrypt::<Aes128>(&self.key, block),
            Cipher::Aes192 => encrypt::<Aes192>(&self.key, block),
            Cipher::Aes256 => encrypt::<Aes256>(&self.key, block),
        }
    }

    /// One block, decrypted, as a host does it.
    #[cfg(test)]
    pub(crate) fn decrypt(&self, block: &[u8]) -> Option<Vec<u8>> {
        match self.cipher {
            Cipher::TripleDes => decrypt::<TdesEde3>(&self.key, block),
            Cipher::Aes128 => decrypt::<Aes128>(&self.key, block),
            Cipher::Aes192 => decrypt::<Aes192>(&self.key, block),
            Cipher::Aes256 => decrypt::<Aes256>(&self.key, block),
        }
    }
}

fn encrypt<C: KeyInit + BlockCipherEncrypt>(key: &[u8], block: &[u8]) -> Option<Vec<u8>> {
    let mut block = Block::<C>::try_from(block).ok()?;
    C::new_from_slice(key).ok()?.encrypt_block(&mut block);
    Some(block.to_vec())
}

#[cfg(test)]
fn decrypt<C: KeyInit + BlockCipherDecrypt>(key: &[u8], block: &[u8]) -> Option<Vec<u8>> {
    let mut block = Block::<C>::try_from(block).ok()?;
    C::new_from_slice(key).ok()?.decrypt_block(&mut block);
    Some(block.to_vec())
}
