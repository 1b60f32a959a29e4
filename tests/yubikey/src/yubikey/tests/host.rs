//! The host's end of the tests: sends APDUs written in hex, and proves the management key.

use crate::{
    Algorithm, Card, VirtualYubiKey,
    piv::{Cipher, ManagementKey},
    tlv,
};

/// A signature over 32 bytes of 0x5a with a P-256 key; put a slot for SLOT.
pub(super) const P256_SIGN: &str = "008711SLOT267c2482008120\
    5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// A program that speaks to a card.
pub(super) struct Host {
    pub(super) yubikey: VirtualYubiKey,
}

impl Host {
    pub(super) fn new(yubikey: VirtualYubiKey) -> Self {
        Self { yubikey }
    }

    /// One APDU; its data and its status.
    pub(super) fn send(&mut self, hex: &str) -> (Vec<u8>, u16) {
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        self.send_bytes(&bytes)
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) -> (Vec<u8>, u16) {
        let mut answer = self.yubikey.transmit(bytes);
        let status = answer.split_off(answer.len() - 2);
        (answer, u16::from_be_bytes([status[0], status[1]]))
    }

    /// Data of an APDU that must succeed, fetched to its end.
    pub(super) fn ok(&mut self, hex: &str) -> Vec<u8> {
        let (mut data, mut status) = self.send(hex);
        while status & 0xff00 == 0x6100 {
            let (more, next) = self.send("00c0000000");
            data.extend(more);
            status = next;
        }
        assert_eq!(status, 0x9000, "{hex} gave {status:04x}");
        data
    }

    /// An APDU that must fail so.
    pub(super) fn refused(&mut self, hex: &str, status: u16) {
        let (_, got) = self.send(hex);
        assert_eq!(got, status, "{hex} gave {got:04x}, not {status:04x}");
    }

    pub(super) fn verify_pin(&mut self) {
        self.ok("0020008008313233343536ffff");
    }

    /// Proves the factory's management key, and lets the card prove that it has it.
    pub(super) fn prove_management_key(&mut self) {
        self.prove(&ManagementKey::factory(self.yubikey.profile().firmware));
    }

    /// The same with another key.
    pub(super) fn prove(&mut self, key: &ManagementKey) {
        let length = if key.cipher == Cipher::TripleDes {
            8
        } else {
            16
        };
        let header = format!("0087{:02x}9b", key.cipher as u8);
        let answer = self.ok(&format!("{header}047c028000"));
        let witness = key.decrypt(&answer[4..]).unwrap();
        let challenge = vec![0x42; length];
        let template = tlv::write(
            0x7C,
            &[tlv::write(0x80, &witness), tlv::write(0x81, &challenge)].concat(),
        );
        let answer = self.ok(&format!(
            "{header}{:02x}{}",
            template.len(),
            hex::encode(&template)
        ));
        assert_eq!(Some(answer[4..].to_vec()), key.encrypt(&challenge));
    }

    /// Sends a command in parts of 255 bytes, and fetches its whole answer.
    pub(super) fn chained(&mut self, ins: u8, p1: u8, p2: u8, data: &[u8]) -> (Vec<u8>, u16) {
        let mut parts: Vec<&[u8]> = data.chunks(255).collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let length = u8::try_from(part.len()).unwrap();
            let (_, status) = self.send_bytes(&[&[0x10, ins, p1, p2, length], part].concat());
            if status != 0x9000 {
                return (Vec::new(), status);
            }
        }
        let length = u8::try_from(last.len()).unwrap();
        let (mut answer, mut status) =
            self.send_bytes(&[&[0, ins, p1, p2, length], last, &[0]].concat());
        while status & 0xff00 == 0x6100 {
            let (more, next) = self.send("00c0000000");
            answer.extend(more);
            status = next;
        }
        (answer, status)
    }

    /// Makes a key with the slot's usual policies; gives its public template.
    pub(super) fn make_key(&mut self, slot: u8, algorithm: Algorithm) -> Vec<u8> {
        self.prove_management_key();
        let answer = self.ok(&format!(
            "004700{slot:02x}05ac038001{:02x}",
            algorithm as u8
        ));
        tlv::read(&answer).unwrap()[0].value.to_vec()
    }

    /// The template of GENERAL AUTHENTICATE that asks for a signature.
    pub(super) fn challenge(message: &[u8]) -> Vec<u8> {
        tlv::write(
            0x7C,
            &[tlv::write(0x82, &[]), tlv::write(0x81, message)].concat(),
        )
    }

    /// The template that asks for a shared secret.
    pub(super) fn point(point: &[u8]) -> Vec<u8> {
        tlv::write(
            0x7C,
            &[tlv::write(0x82, &[]), tlv::write(0x85, point)].concat(),
        )
    }

    pub(super) fn sign(&mut self, slot: u8, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        self.use_key(slot, algorithm, &Self::challenge(message))
    }

    pub(super) fn agree(&mut self, slot: u8, algorithm: Algorithm, point: &[u8]) -> Vec<u8> {
        self.use_key(slot, algorithm, &Self::point(point))
    }

    fn use_key(&mut self, slot: u8, algorithm: Algorithm, template: &[u8]) -> Vec<u8> {
        let (answer, status) = self.chained(0x87, algorithm as u8, slot, template);
        assert_eq!(status, 0x9000, "{algorithm:?} gave {status:04x}");
        let outer = tlv::read(&answer).unwrap();
        tlv::value(&tlv::read(outer[0].value).unwrap(), 0x82)
            .unwrap()
            .to_vec()
    }
}
