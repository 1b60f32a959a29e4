//! GENERATE, IMPORT, MOVE KEY and SET MANAGEMENT KEY: what changes keys, all of it behind the
//! management key.

use spki::der::Encode;

use crate::{
    piv::{
        Algorithm, PinPolicy, Piv, PrivateKey, TouchPolicy,
        management_key::{Cipher, ManagementKey},
        slot::{self, Origin, SlotKey},
    },
    status::{Answer, Status},
    tlv,
};

/// P1 of MOVE KEY that deletes.
const NOWHERE: u8 = 0xFF;

impl Piv {
    /// `AC { 80 algorithm, AA PIN policy, AB touch policy }`; gives `7F49 { public key }`
    /// (SP 800-73-4 part 2, section 3.3.2).
    pub(super) fn generate(&mut self, slot: u8, data: &[u8]) -> Answer {
        self.needs_management_key()?;
        if !slot::exists(slot) {
            return Err(Status::WRONG_PARAMETERS);
        }
        let outer = tlv::read(data).ok_or(Status::WRONG_DATA)?;
        let inner = tlv::value(&outer, 0xAC)
            .and_then(tlv::read)
            .ok_or(Status::WRONG_DATA)?;
        let number = match tlv::value(&inner, 0x80) {
            Some([number]) => *number,
            _ => return Err(Status::WRONG_DATA),
        };
        let algorithm = Algorithm::of(number, self.profile.firmware).ok_or(Status::WRONG_DATA)?;
        let (pin, touch) = slot::policies(slot, &inner)?;
        let private = PrivateKey::generate(algorithm);
        let answer = tlv::write(0x7F49, &private.public_template());
        self.slots.insert(
            slot,
            SlotKey {
                algorithm,
                private,
                pin,
                touch,
                origin: Origin::Generated,
            },
        );
        Ok(answer)
    }

    /// The parts of a private key, with the same policies.
    pub(super) fn import(&mut self, algorithm: u8, slot: u8, data: &[u8]) -> Answer {
        self.needs_management_key()?;
        if !slot::exists(slot) {
            return Err(Status::WRONG_PARAMETERS);
        }
        let algorithm =
            Algorithm::of(algorithm, self.profile.firmware).ok_or(Status::WRONG_DATA)?;
        let parts = tlv::read(data).ok_or(Status::WRONG_DATA)?;
        let (pin, touch) = slot::policies(slot, &parts)?;
        let private = PrivateKey::import(algorithm, &parts)?;
        self.slots.insert(
            slot,
            SlotKey {
                algorithm,
                private,
                pin,
                touch,
                origin: Origin::Imported,
            },
        );
        Ok(Vec::new())
    }

    /// Moves a key with its policies to an empty slot, or deletes it; certificates stay where they
    /// are.
    pub(super) fn move_key(&mut self, to: u8, from: u8) -> Answer {
        self.needs_management_key()?;
        let may_move = |slot| slot::exists(slot) && slot != slot::ATTESTATION;
        if !slot::exists(from) || (to != NOWHERE && !(may_move(to) && may_move(from))) {
            return Err(Status::WRONG_PARAMETERS);
        }
        if self.slots.contains_key(&to) {
            return Err(Status::WRONG_DATA);
        }
        let key = self
            .slots
            .remove(&from)
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        if to != NOWHERE {
            self.slots.insert(to, key);
        }
        Ok(Vec::new())
    }

    /// `algorithm 9B length key`; P2 says whether each use asks for a touch.
    pub(super) fn set_management_key(&mut self, p1: u8, p2: u8, data: &[u8]) -> Answer {
        self.needs_management_key()?;
        let touch = match (p1, p2) {
            (0xFF, 0xFF) => TouchPolicy::Never,
            (0xFF, 0xFE) => TouchPolicy::Always,
            (0xFF, 0xFD) => TouchPolicy::Cached,
            _ => return Err(Status::WRONG_PARAMETERS),
        };
        let [cipher, 0x9B, length, key @ ..] = data else {
            return Err(Status::WRONG_DATA);
        };
        let cipher = Cipher::of(*cipher, self.profile.firmware).ok_or(Status::WRONG_DATA)?;
        if usize::from(*length) != key.len() {
            return Err(Status::WRONG_LENGTH);
        }
        self.management = ManagementKey::new(cipher, key, touch)?;
        Ok(Vec::new())
    }

    /// Puts a new key into a slot, as a program with the management key would; gives its
    /// SubjectPublicKeyInfo, DER.
    pub(crate) fn make_key(
        &mut self,
        slot: u8,
        algorithm: Algorithm,
        pin: PinPolicy,
        touch: TouchPolicy,
    ) -> Vec<u8> {
        assert!(slot::exists(slot), "{slot:02x} is no slot");
        let private = PrivateKey::generate(algorithm);
        let public = private
            .public_key_info()
            .to_der()
            .expect("a public key can be written");
        let origin = Origin::Generated;
        self.slots.insert(
            slot,
            SlotKey {
                algorithm,
                private,
                pin,
                touch,
                origin,
            },
        );
        public
    }

    /// Replaces the key in a slot by another one with the same policies, and gives what was there.
    pub(crate) fn swap_key(&mut self, slot: u8) -> Option<SlotKey> {
        let key = self.slots.get_mut(&slot)?;
        let other = SlotKey {
            private: PrivateKey::generate(key.algorithm),
            ..key.clone()
        };
        Some(std::mem::replace(key, other))
    }

    /// Puts a key back.
    pub(crate) fn put_key(&mut self, slot: u8, key: SlotKey) {
        self.slots.insert(slot, key);
    }
}
