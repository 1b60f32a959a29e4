//! ATTEST: the card's own word that it made a key, signed with the key in slot F9
//! (<https://developers.yubico.com/PIV/Introduction/PIV_attestation.html>).

use spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned, der::Decode};
use x509_cert::{Certificate, name::Name};

use crate::{
    authority::Authority,
    certificate::{self, Content},
    piv::{
        PinPolicy, Piv, TouchPolicy, certificate_object,
        slot::{self, Origin},
    },
    profile::Firmware,
    status::{Answer, Status},
    tlv,
};

/// Yubico's arc, and under it what an attestation tells.
const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.3");
const SERIAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.7");
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.8");
const FORM_FACTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.9");

/// What a YubiKey attests wrongly, properly signed. Everything that is `None` is told as it is.
#[derive(Clone, Debug, Default)]
pub struct Lie {
    /// Another serial number.
    pub serial: Option<u32>,
    /// Another firmware.
    pub firmware: Option<Firmware>,
    /// Another slot in the subject's name.
    pub slot: Option<u8>,
    /// Other policies.
    pub policies: Option<(PinPolicy, TouchPolicy)>,
    /// Another public key: SubjectPublicKeyInfo, DER.
    pub public_key: Option<Vec<u8>>,
}

impl Piv {
    /// The certificate of a key that was made here.
    pub(super) fn attest(&self, slot: u8) -> Answer {
        if !slot::exists(slot) {
            return Err(Status::WRONG_PARAMETERS);
        }
        let key = self.slots.get(&slot).ok_or(Status::REFERENCE_NOT_FOUND)?;
        if key.origin == Origin::Imported {
            return Err(Status::WRONG_DATA);
        }
        let issuer = self
            .slots
            .get(&slot::ATTESTATION)
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        let told = &self.lie;
        let (pin, touch) = told.policies.unwrap_or((key.pin, key.touch));
        let named = told.slot.unwrap_or(slot);
        let content = Content {
            subject: certificate::common_name(&format!("YubiKey PIV Attestation {named:02x}")),
            issuer: self.attestation_subject()?,
            extensions: vec![
                (
                    FIRMWARE,
                    false,
                    told.firmware
                        .unwrap_or(self.profile.firmware)
                        .bytes()
                        .to_vec(),
                ),
                (
                    SERIAL,
                    false,
                    integer(told.serial.unwrap_or(self.profile.serial)),
                ),
                (POLICIES, false, vec![pin as u8, touch as u8]),
                (FORM_FACTOR, false, vec![self.profile.form_factor as u8]),
            ],
        };
        let public = match &told.public_key {
            Some(der) => SubjectPublicKeyInfoOwned::from_der(der).map_err(|_| Status::ABORTED)?,
            None => key.private.public_key_info(),
        };
        certificate::issue(&issuer.private, content, public).ok_or(Status::WRONG_DATA)
    }

    /// Lets a maker vouch for the key in slot F9.
    pub(crate) fn certify(&mut self, authority: &Authority) {
        if let Some(key) = self.slots.get(&slot::ATTESTATION) {
            let certificate = tlv::write(0x70, &authority.certify(&key.private));
            // Uncompressed, and no error detection code (SP 800-73-4 part 1, table 10).
            let object = [certificate, tlv::write(0x71, &[0]), tlv::write(0xFE, &[])].concat();
            self.objects
                .insert(certificate_object(slot::ATTESTATION), object);
        }
    }

    /// Attests something else from now on.
    pub(crate) fn set_lie(&mut self, lie: Lie) {
        self.lie = lie;
    }

    /// The subject of F9's certificate, whoever put it there.
    fn attestation_subject(&self) -> Result<Name, Status> {
        let object = self.objects.get(&certificate_object(slot::ATTESTATION));
        let tlvs = object
            .and_then(|object| tlv::read(object))
            .ok_or(Status::NOT_FOUND)?;
        let der = tlv::value(&tlvs, 0x70).ok_or(Status::NOT_FOUND)?;
        let certificate = Certificate::from_der(der).map_err(|_| Status::WRONG_DATA)?;
        Ok(certificate.tbs_certificate().subject().clone())
    }
}

/// A DER INTEGER, not negative (X.690 section 8.3).
fn integer(number: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = number
        .to_be_bytes()
        .into_iter()
        .skip_while(|&b| b == 0)
        .collect();
    if bytes.first().is_none_or(|&first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    tlv::write(0x02, &bytes)
}
