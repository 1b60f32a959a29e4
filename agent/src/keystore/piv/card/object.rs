//! Data objects (SP 800-73-4, part 1, table 3; part 2, sections 3.1.2 and 3.3.2).

use zeroize::Zeroizing;

use super::error::CardError;
use super::session::Session;
use super::status::Status;
use super::tlv;
use crate::keystore::slot::Slot;

/// The certificate of the key that signs attestations (Yubico).
const ATTESTATION: [u8; 3] = [0x5f, 0xff, 0x01];

/// What administrators keep about the management key (Yubico; ykman's "pivman data").
const ADMIN_DATA: [u8; 3] = [0x5f, 0xff, 0x00];

/// PIV's "printed information", which is read with the PIN only: ykman keeps the management key
/// there, and so do we.
const PRINTED: [u8; 3] = [0x5f, 0xc1, 0x09];

/// The flag in the admin data that says so.
const STORED: u8 = 0x02;

/// The longest certificate that a YubiKey takes, in bytes: its objects have 3,052.
const LONGEST_CERTIFICATE: usize = 3_040;

impl Session<'_> {
    /// The certificate in a slot, DER; none where there is none that can be read (one that is
    /// compressed can't).
    pub(in crate::keystore::piv) fn certificate(
        &self,
        slot: Slot,
    ) -> Result<Option<Vec<u8>>, CardError> {
        Ok(self
            .object(certificate_of(slot))?
            .as_deref()
            .and_then(|object| certificate(object)))
    }

    /// The certificate of the key that signs attestations, DER.
    pub(in crate::keystore::piv) fn attestation_certificate(
        &self,
    ) -> Result<Option<Vec<u8>>, CardError> {
        Ok(self
            .object(ATTESTATION)?
            .as_deref()
            .and_then(|object| certificate(object)))
    }

    /// Puts a certificate (DER) into a slot.
    pub(in crate::keystore::piv) fn put_certificate(
        &self,
        slot: Slot,
        der: &[u8],
    ) -> Result<(), CardError> {
        if der.len() > LONGEST_CERTIFICATE {
            let what = format!("room for a certificate of {} bytes", der.len());
            return Err(CardError::Unsupported(what));
        }
        // Uncompressed, and without the error code that nobody uses (part 1, table 10).
        let object = [
            tlv::write(0x70, der),
            tlv::write(0x71, &[0]),
            tlv::write(0xfe, &[]),
        ];
        self.put_object(certificate_of(slot), &tlv::join(&object))
    }

    /// Is the management key kept on the device, under the PIN?
    pub(in crate::keystore::piv) fn keeps_management_key(&self) -> Result<bool, CardError> {
        let data = self.object(ADMIN_DATA)?;
        let data = data.as_deref().and_then(|data| tlv::find(0x80, data));
        let flags = data.and_then(|data| tlv::find(0x81, data));
        Ok(flags.is_some_and(|flags| flags.first().is_some_and(|bits| bits & STORED != 0)))
    }

    /// The management key that is kept on the device. The PIN must have been verified.
    pub(in crate::keystore::piv) fn kept_management_key(
        &self,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, CardError> {
        let printed = self.object(PRINTED)?;
        let kept = printed
            .as_deref()
            .and_then(|printed| tlv::find(0x88, printed));
        let key = kept.and_then(|kept| tlv::find(0x89, kept));
        Ok(key.map(|key| Zeroizing::new(key.to_vec())))
    }

    /// Keeps a management key on the device under the PIN, or keeps none there. It is not set by
    /// this.
    pub(in crate::keystore::piv) fn keep_management_key(
        &self,
        key: Option<&Zeroizing<Vec<u8>>>,
    ) -> Result<(), CardError> {
        let kept = key.map(|key| tlv::write(0x88, &tlv::write(0x89, key)));
        self.put_object(PRINTED, kept.as_deref().map_or(&[], |kept| kept))?;
        // What ykman notes beside it (a blocked PUK, a salt, a time) stays.
        let before = self.object(ADMIN_DATA)?;
        let before = before.as_deref().and_then(|data| tlv::find(0x80, data));
        let element = |tag| before.and_then(|data| tlv::find(tag, data));
        let flags = element(0x81).and_then(|flags| flags.first().copied());
        let flags = match (flags.unwrap_or(0), key) {
            (flags, Some(_)) => flags | STORED,
            (flags, None) => flags & !STORED,
        };
        let mut data = vec![tlv::write(0x81, &[flags])];
        for tag in [0x82, 0x83] {
            data.extend(element(tag).map(|value| tlv::write(tag, value)));
        }
        self.put_object(ADMIN_DATA, &tlv::write(0x80, &tlv::join(&data)))
    }

    /// What an object holds; none where it was never written, or was emptied.
    fn object(&self, id: [u8; 3]) -> Result<Option<Zeroizing<Vec<u8>>>, CardError> {
        let answer = self.send("GET DATA", 0xcb, [0x3f, 0xff], &tlv::write(0x5c, &id))?;
        if answer.status == Status::NOT_FOUND {
            return Ok(None);
        }
        let data = answer.done()?;
        let Some((0x53, value, _)) = tlv::read(&data) else {
            return Err(CardError::nonsense("GET DATA", "no object in it"));
        };
        Ok((!value.is_empty()).then(|| Zeroizing::new(value.to_vec())))
    }

    fn put_object(&self, id: [u8; 3], value: &[u8]) -> Result<(), CardError> {
        let data = tlv::join(&[tlv::write(0x5c, &id), tlv::write(0x53, value)]);
        let command = "PUT DATA";
        match self.order(command, 0xdb, [0x3f, 0xff], &data)? {
            Status::DONE => Ok(()),
            status => Err(CardError::Refused { command, status }),
        }
    }
}

/// The object of a slot's certificate (part 1, table 3).
fn certificate_of(slot: Slot) -> [u8; 3] {
    let last = match slot.as_byte() {
        0x9a => 0x05,
        0x9c => 0x0a,
        0x9d => 0x0b,
        0x9e => 0x01,
        // The retired ones, 82 to 95.
        retired => retired.wrapping_sub(0x82).wrapping_add(0x0d),
    };
    [0x5f, 0xc1, last]
}

/// The certificate in its object (part 1, table 10).
fn certificate(object: &[u8]) -> Option<Vec<u8>> {
    let compressed = tlv::find(0x71, object).is_some_and(|info| info != [0]);
    let der = tlv::find(0x70, object).filter(|der| !der.is_empty() && !compressed);
    der.map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    const SELECT: (&str, &str) = ("00a4040005a00000030800", "9000");

    #[test]
    fn a_certificate_is_read_as_it_was_put() {
        let card = Fake::new(&[
            SELECT,
            ("00db3fff115c035fc10a530a7003010203710100fe00", "9000"),
            ("00cb3fff055c035fc10a00", "530a7003010203710100fe009000"),
            ("00cb3fff055c035fc10a00", "530a7003010203710101fe009000"),
            ("00cb3fff055c035fc10a00", "53009000"),
            ("00cb3fff055c035fc10a00", "6a82"),
            ("00cb3fff055c035fc10a00", "9000"),
        ]);
        let session = Session::begin(&card).unwrap();
        session
            .put_certificate(Slot::SIGNATURE, &[1, 2, 3])
            .unwrap();
        let read = || session.certificate(Slot::SIGNATURE);
        assert_eq!(read(), Ok(Some(vec![1, 2, 3])));
        for _ in ["compressed", "emptied", "never written"] {
            assert_eq!(read(), Ok(None));
        }
        assert!(read().is_err());
        assert!(
            session
                .put_certificate(Slot::SIGNATURE, &[0; 3_041])
                .is_err()
        );
    }

    #[test]
    fn objects_of_all_slots() {
        let objects: Vec<_> = Slot::all().map(certificate_of).map(hex::encode).collect();
        assert_eq!(objects[..4], ["5fc105", "5fc10a", "5fc10b", "5fc101"]);
        assert_eq!(
            (objects[4].as_str(), objects[23].as_str()),
            ("5fc10d", "5fc120")
        );
    }

    #[test]
    fn a_management_key_is_kept_as_ykman_keeps_it() {
        let key = Zeroizing::new(vec![7; 24]);
        let printed = format!("881a8918{}", "07".repeat(24));
        let put = format!("00db3fff235c035fc109531c{printed}");
        let got = format!("531c{printed}9000");
        let card = Fake::new(&[
            SELECT,
            (&put, "9000"),
            ("00cb3fff055c035fff0000", "53098007810101820211229000"),
            ("00db3fff105c035fff005309800781010382021122", "9000"),
            ("00cb3fff055c035fff0000", "530580038101029000"),
            ("00cb3fff055c035fc10900", &got),
            ("00cb3fff055c035fff0000", "530580038101019000"),
        ]);
        let session = Session::begin(&card).unwrap();
        session.keep_management_key(Some(&key)).unwrap();
        assert_eq!(session.keeps_management_key(), Ok(true));
        assert_eq!(session.kept_management_key(), Ok(Some(key)));
        assert_eq!(session.keeps_management_key(), Ok(false));
    }
}
