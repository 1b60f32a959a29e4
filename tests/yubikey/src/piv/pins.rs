//! VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, and Yubico's SET PIN RETRIES.

use crate::{
    piv::{
        Piv,
        reference::{FACTORY_PIN, FACTORY_PUK, Reference, Value, well_formed},
    },
    status::{Answer, Status},
};

/// P2 of the PIV application's PIN.
const PIN: u8 = 0x80;
/// P2 of the PUK.
const PUK: u8 = 0x81;

impl Piv {
    /// VERIFY with the PIN, without data (asks for its state), or with P1 = FF (forgets it).
    pub(super) fn verify(&mut self, p1: u8, p2: u8, data: &[u8]) -> Answer {
        if p2 != PIN {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        match (p1, data) {
            (0xFF, []) => {
                self.session.pin = false;
                self.session.pin_just_now = false;
                Ok(Vec::new())
            }
            (0xFF, _) => Err(Status::WRONG_DATA),
            (0x00, []) => {
                let verified = self.session.pin;
                if self.profile.probe_clears_pin {
                    self.session.pin = false;
                }
                if verified {
                    Ok(Vec::new())
                } else {
                    Err(self.pin.state())
                }
            }
            (0x00, [_, _, _, _, _, _, _, _]) => {
                self.session.pin = false;
                self.session.pin_just_now = false;
                self.pin.verify(data)?;
                self.session.pin = true;
                self.session.pin_just_now = true;
                Ok(Vec::new())
            }
            (0x00, _) => Err(Status::WRONG_DATA),
            _ => Err(Status::WRONG_PARAMETERS),
        }
    }

    /// The old value and the new one. A new PIN counts as verified (section 3.2.2).
    pub(super) fn change_reference_data(&mut self, p1: u8, p2: u8, data: &[u8]) -> Answer {
        let (old, new) = two_values(p1, data)?;
        match p2 {
            PIN => {
                self.session.pin = false;
                self.pin.verify(&old)?;
                self.pin.set(well_formed(new)?);
                self.session.pin = true;
            }
            PUK => {
                self.puk.verify(&old)?;
                self.puk.set(well_formed(new)?);
            }
            _ => return Err(Status::REFERENCE_NOT_FOUND),
        }
        Ok(Vec::new())
    }

    /// The PUK and a new PIN.
    pub(super) fn reset_retry_counter(&mut self, p1: u8, p2: u8, data: &[u8]) -> Answer {
        if p2 != PIN {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        let (puk, pin) = two_values(p1, data)?;
        self.puk.verify(&puk)?;
        self.pin.set(well_formed(pin)?);
        Ok(Vec::new())
    }

    /// New totals; PIN and PUK go back to the factory's.
    pub(super) fn set_pin_retries(&mut self, pin: u8, puk: u8) -> Answer {
        self.needs_management_key()?;
        if !self.session.pin {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        if pin == 0 || puk == 0 {
            return Err(Status::WRONG_DATA);
        }
        self.pin = Reference::new(FACTORY_PIN, pin);
        self.puk = Reference::new(FACTORY_PUK, puk);
        Ok(Vec::new())
    }
}

/// Two values of eight bytes. What they are is looked at later: programs that reset the card block
/// the PUK with values that are 0xFF throughout, and each must cost a try.
fn two_values(p1: u8, data: &[u8]) -> Result<(Value, Value), Status> {
    if p1 != 0 {
        return Err(Status::WRONG_PARAMETERS);
    }
    let both: [u8; 16] = data.try_into().map_err(|_| Status::WRONG_DATA)?;
    let mut old = [0; 8];
    let mut new = [0; 8];
    old.copy_from_slice(&both[..8]);
    new.copy_from_slice(&both[8..]);
    Ok((old, new))
}
