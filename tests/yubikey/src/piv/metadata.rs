//! GET METADATA, from firmware 5.3
//! (<https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/metadata.html>).

use crate::{
    piv::{Piv, reference::Reference},
    status::{Answer, Status},
    tlv,
};

impl Piv {
    /// What the card tells of the PIN (80), the PUK (81), the management key (9B), or a slot.
    pub(super) fn metadata(&self, reference: u8) -> Answer {
        match reference {
            0x80 => Ok(of_pin(&self.pin)),
            0x81 => Ok(of_pin(&self.puk)),
            0x9B => Ok([
                tlv::write(0x01, &[self.management.cipher as u8]),
                tlv::write(0x02, &[0, self.management.touch as u8]),
                tlv::write(0x05, &[u8::from(self.management.is_factory())]),
            ]
            .concat()),
            slot => {
                let key = self.slots.get(&slot).ok_or(Status::REFERENCE_NOT_FOUND)?;
                Ok([
                    tlv::write(0x01, &[key.algorithm as u8]),
                    tlv::write(0x02, &[key.pin as u8, key.touch as u8]),
                    tlv::write(0x03, &[key.origin as u8]),
                    tlv::write(0x04, &key.private.public_template()),
                ]
                .concat())
            }
        }
    }
}

fn of_pin(reference: &Reference) -> Vec<u8> {
    [
        tlv::write(0x01, &[0xFF]),
        tlv::write(0x05, &[u8::from(reference.is_factory())]),
        tlv::write(0x06, &reference.tries()),
    ]
    .concat()
}
