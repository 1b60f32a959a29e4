//! Certificates and keys that Go reads otherwise, or not at all. What Go does is
//! `crypto/x509/parser.go` of its library, and `trustpinning` and `tuf/utils` of notary.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::testing::TestKey;
use crate::{Key, NotAKey};

const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const RSA_SHA1_OF_OIW: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1d];
const GUN: &str = "reg.example.test/app";

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head: &[u8] = match content.len() {
        0..0x80 => &[tag, length[1]],
        0x80..0x100 => &[tag, 0x81, length[1]],
        _ => &[tag, 0x82, length[0], length[1]],
    };
    [head, &content].concat()
}

/// A certificate that differs from an honest one where a test says so.
struct Made<'a> {
    name: (u8, &'a [u8]),
    algorithm: &'a [u8],
    is_ca: bool,
    spki: Vec<u8>,
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self {
            name: (UTF8, GUN.as_bytes()),
            algorithm: ECDSA_SHA256,
            is_ca: false,
            spki: TestKey::p256(1).public().to_spki_der(),
        }
    }
}

impl Made<'_> {
    fn pem(&self) -> String {
        let algorithm = der(0x30, &[&der(0x06, &[self.algorithm])]);
        let common_name = [
            der(0x06, &[&[0x55, 0x04, 0x03]]),
            der(self.name.0, &[self.name.1]),
        ];
        let common_name = der(0x30, &[&common_name.concat()]);
        let name = der(0x30, &[&der(0x31, &[&common_name])]);
        let time = |text: &[u8]| der(0x17, &[text]);
        let validity = [time(b"250101000000Z"), time(b"350101000000Z")].concat();
        let ca: &[u8] = if self.is_ca { &[1, 1, 0xff] } else { &[] };
        let constraints = [
            der(0x06, &[&[0x55, 0x1d, 0x13]]),
            der(0x04, &[&der(0x30, &[ca])]),
        ];
        let extensions = der(0x30, &[&der(0x30, &[&constraints.concat()])]);
        let tbs = [
            der(0xa0, &[&[2, 1, 2]]),
            vec![2, 1, 7],
            algorithm.clone(),
            name.clone(),
            der(0x30, &[&validity]),
            name,
            self.spki.clone(),
            der(0xa3, &[&extensions]),
        ];
        let tbs = der(0x30, &[&tbs.concat()]);
        let signed = der(0x30, &[&tbs, &algorithm, &der(0x03, &[&[0; 9]])]);
        let text = STANDARD.encode(signed);
        let lines = text.as_bytes().chunks(64);
        let lines: Vec<_> = lines
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    }

    fn read(&self) -> Result<Certificate, NotACertificate> {
        Certificate::from_pem(self.pem().as_bytes())
    }
}

#[test]
fn a_common_name_is_of_a_string_that_all_read_alike() {
    let read = |tag, text: &[u8]| {
        let made = Made {
            name: (tag, text),
            ..Made::default()
        };
        made.read().map(|certificate| certificate.common_name)
    };
    assert_eq!(read(UTF8, GUN.as_bytes()), Ok(GUN.to_owned()));
    assert_eq!(read(PRINTABLE, b"reg.test/*"), Ok("reg.test/*".to_owned()));
    // Go reads bytes here, others Latin 1, and the names that they find differ.
    assert_eq!(read(TELETEX, GUN.as_bytes()), Ok(String::new()));
    assert_eq!(read(0x1e, b"\0a\0b"), Ok(String::new()));
    assert_eq!(read(PRINTABLE, b"reg.test/a_b"), Err(NotACertificate::Name));
    assert_eq!(
        read(PRINTABLE, "reg.test/ü".as_bytes()),
        Err(NotACertificate::Name)
    );
    assert_eq!(read(UTF8, b"reg.test/\xff"), Err(NotACertificate::Name));
}

#[test]
fn sha1_has_two_names() {
    assert!(!Made::default().read().unwrap().is_weak);
    let made = Made {
        algorithm: RSA_SHA1_OF_OIW,
        ..Made::default()
    };
    assert!(made.read().unwrap().is_weak);
}

#[test]
fn a_chain_has_one_leaf() {
    let leaf = Made::default().pem();
    let authority = Made {
        is_ca: true,
        ..Made::default()
    };
    let authority = authority.pem();
    let read = |chain: &[&str]| {
        let read = Certificate::from_pem(chain.concat().as_bytes()).unwrap();
        (read.is_ca, read.has_other_leaf)
    };
    assert_eq!(read(&[&leaf]), (false, false));
    assert_eq!(read(&[&leaf, &authority, &authority]), (false, false));
    assert_eq!(read(&[&leaf, &leaf]), (false, true));
    assert_eq!(read(&[&leaf, &authority, &leaf]), (false, true));
    assert_eq!(read(&[&authority, &leaf]), (true, true));
}

fn object(keytype: &str, public: &[u8], private: Value) -> Value {
    let keyval = Object::from([
        ("private", private),
        ("public", Value::from(STANDARD.encode(public).as_str())),
    ]);
    Value::Object(Object::from([
        ("keytype", Value::from(keytype)),
        ("keyval", Value::Object(keyval)),
    ]))
}

/// A key of P-256 with its point compressed, as no Go program writes it.
fn compressed(spki: &[u8]) -> Vec<u8> {
    let (head, point) = spki.split_at(spki.len() - 65);
    let algorithm = &head[2..head.len() - 3];
    let parity = 2 + (point[64] & 1);
    let key = der(0x03, &[&[0, parity], &point[1..33]]);
    der(0x30, &[algorithm, &key])
}

#[test]
fn a_key_is_written_in_one_way() {
    let spki = TestKey::p256(1).public().to_spki_der();
    let other = compressed(&spki);
    let read = |keytype, public: &[u8]| Key::parse(&object(keytype, public, Value::Null)).unwrap();
    let (plain, odd) = (read("ecdsa", &spki), read("ecdsa", &other));
    assert_eq!(plain.public(), odd.public());
    assert!(plain.is_as_go_writes() && !odd.is_as_go_writes());
    let certified = |spki: &[u8]| {
        let made = Made {
            spki: spki.to_vec(),
            ..Made::default()
        };
        read("ecdsa-x509", made.pem().as_bytes())
    };
    let (plain, odd) = (certified(&spki), certified(&other));
    assert_eq!(plain.public(), odd.public());
    assert!(plain.is_as_go_writes() && !odd.is_as_go_writes());
    assert!(read("ed25519", &[7; 32]).is_as_go_writes());
    assert!(!read("ecdsa", b"no key").is_as_go_writes());
    assert!(TestKey::p256(1).key().is_as_go_writes());
}

/// Go reads base64 there, and prints it: a private key, where there should be none.
#[test]
fn a_key_is_public() {
    let read = |private| Key::parse(&object("ed25519", &[7; 32], private));
    assert!(read(Value::Null).is_ok());
    for private in [Value::from("AAAA"), Value::from(""), Value::Integer(5)] {
        assert_eq!(read(private.clone()), Err(NotAKey), "{private:?}");
    }
}
