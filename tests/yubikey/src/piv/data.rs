//! GET DATA and PUT DATA (SP 800-73-4 part 2, sections 3.1.2 and 3.3.1).

use crate::{
    piv::{AID, Piv},
    status::{Answer, Status},
    tlv,
};

/// The discovery object (SP 800-73-4 part 1, section 3.3.2).
const DISCOVERY: &[u8] = &[0x7E];

/// Objects that only the PIN opens: printed information, fingerprints, face, iris.
const BEHIND_PIN: [[u8; 3]; 4] = [
    [0x5F, 0xC1, 0x09],
    [0x5F, 0xC1, 0x03],
    [0x5F, 0xC1, 0x08],
    [0x5F, 0xC1, 0x21],
];

impl Piv {
    /// `5C` identifier; the answer is the object in `53`.
    pub(super) fn get_data(&self, data: &[u8]) -> Answer {
        let tlvs = tlv::read(data).ok_or(Status::WRONG_DATA)?;
        let id = tlv::value(&tlvs, 0x5C).ok_or(Status::WRONG_DATA)?;
        if id == DISCOVERY {
            // The PIN is the application's own, and there is no global one.
            let policy = tlv::write(0x5F2F, &[0x40, 0x00]);
            return Ok(tlv::write(0x7E, &[tlv::write(0x4F, AID), policy].concat()));
        }
        if BEHIND_PIN.iter().any(|behind| behind == id) && !self.session.pin {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        let object = self.objects.get(id).ok_or(Status::NOT_FOUND)?;
        Ok(tlv::write(0x53, object))
    }

    /// `5C` identifier and `53` object; an empty one removes it.
    pub(super) fn put_data(&mut self, data: &[u8]) -> Answer {
        self.needs_management_key()?;
        let tlvs = tlv::read(data).ok_or(Status::WRONG_DATA)?;
        let id = tlv::value(&tlvs, 0x5C).ok_or(Status::WRONG_DATA)?;
        let object = tlv::value(&tlvs, 0x53).ok_or(Status::WRONG_DATA)?;
        if id.len() != 3 {
            return Err(Status::WRONG_DATA);
        }
        if object.is_empty() {
            self.objects.remove(id);
        } else {
            self.objects.insert(id.to_vec(), object.to_vec());
        }
        Ok(Vec::new())
    }
}
