//! GENERAL AUTHENTICATE (SP 800-73-4 part 2, section 3.2.4): proof of the management key,
//! signatures, key agreement.

use crate::{
    piv::{
        PinPolicy, Piv,
        management_key::{Cipher, Exchange},
    },
    status::{Answer, Status},
    tlv::{self, Tlv},
};

/// P2 of the management key.
const MANAGEMENT_KEY: u8 = 0x9B;

/// Tags of the dynamic authentication template 7C (table 7).
const TEMPLATE: u32 = 0x7C;
const WITNESS: u32 = 0x80;
const CHALLENGE: u32 = 0x81;
const RESPONSE: u32 = 0x82;
const EXPONENTIATION: u32 = 0x85;

impl Piv {
    /// `pin_just_now`: whether the command before this one verified the PIN.
    pub(super) fn general_authenticate(
        &mut self,
        algorithm: u8,
        reference: u8,
        data: &[u8],
        pin_just_now: bool,
    ) -> Answer {
        let outer = tlv::read(data).ok_or(Status::WRONG_DATA)?;
        let inner = tlv::value(&outer, TEMPLATE)
            .and_then(tlv::read)
            .ok_or(Status::WRONG_DATA)?;
        if reference == MANAGEMENT_KEY {
            self.prove_management_key(algorithm, &inner)
        } else {
            self.use_key(algorithm, reference, &inner, pin_just_now)
        }
    }

    /// Mutual authentication begins with an empty witness; that of the host alone with an empty
    /// challenge.
    fn prove_management_key(&mut self, algorithm: u8, template: &[Tlv<'_>]) -> Answer {
        // 0 stands for 3DES (SP 800-78-4, table 6-2).
        let number = if algorithm == 0 {
            Cipher::TripleDes as u8
        } else {
            algorithm
        };
        if number != self.management.cipher as u8 {
            return Err(Status::WRONG_DATA);
        }
        let part = |tag| tlv::value(template, tag);
        let exchange = self.session.exchange.take();
        match (exchange, part(WITNESS), part(CHALLENGE), part(RESPONSE)) {
            (_, Some([]), None, _) => {
                let witness = self.management.random_block();
                let encrypted = self.management.encrypt(&witness).ok_or(Status::ABORTED)?;
                self.session.exchange = Some(Exchange::Witness(witness));
                Ok(answer(WITNESS, &encrypted))
            }
            (_, None, Some([]), _) => {
                let challenge = self.management.random_block();
                self.session.exchange = Some(Exchange::Challenge(challenge.clone()));
                Ok(answer(CHALLENGE, &challenge))
            }
            (Some(Exchange::Witness(witness)), Some(decrypted), Some(challenge), _) => {
                self.session.management = false;
                let response = self
                    .management
                    .encrypt(challenge)
                    .ok_or(Status::WRONG_DATA)?;
                if decrypted != witness {
                    return Err(Status::SECURITY_NOT_SATISFIED);
                }
                self.needs_touch(self.management.touch)?;
                self.session.management = true;
                Ok(answer(RESPONSE, &response))
            }
            (Some(Exchange::Challenge(challenge)), None, None, Some(response)) => {
                self.session.management = false;
                if self.management.encrypt(&challenge).as_deref() != Some(response) {
                    return Err(Status::SECURITY_NOT_SATISFIED);
                }
                self.needs_touch(self.management.touch)?;
                self.session.management = true;
                Ok(Vec::new())
            }
            _ => Err(Status::WRONG_DATA),
        }
    }

    fn use_key(
        &mut self,
        algorithm: u8,
        slot: u8,
        template: &[Tlv<'_>],
        pin_just_now: bool,
    ) -> Answer {
        let key = self.slots.get(&slot).ok_or(Status::WRONG_DATA)?;
        if key.algorithm as u8 != algorithm {
            return Err(Status::WRONG_DATA);
        }
        let verified = match key.pin {
            PinPolicy::Never => true,
            PinPolicy::Once => self.session.pin,
            PinPolicy::Always => self.session.pin && pin_just_now,
        };
        if key.pin == PinPolicy::Always {
            self.session.pin_just_now = false;
        }
        if !verified {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        self.needs_touch(key.touch)?;
        let part = |tag| tlv::value(template, tag);
        let result = match (part(CHALLENGE), part(EXPONENTIATION)) {
            (Some(challenge), None) => key.private.sign(challenge)?,
            (None, Some(point)) => key.private.agree(point)?,
            _ => return Err(Status::WRONG_DATA),
        };
        Ok(answer(RESPONSE, &result))
    }
}

fn answer(tag: u32, value: &[u8]) -> Vec<u8> {
    tlv::write(TEMPLATE, &tlv::write(tag, value))
}
