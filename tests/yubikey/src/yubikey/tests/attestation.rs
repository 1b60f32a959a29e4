//! The attestation chain, as openssl judges it and as x509-cert reads it.

use std::{fs, process::Command};

use spki::der::Decode;
use x509_cert::Certificate;

use super::{NEW, OLD, host, host::Host};
use crate::{
    Algorithm, Authority, Firmware, Lie, PinPolicy, Profile, TouchPolicy, VirtualYubiKey, tlv,
};

/// The certificate in slot F9.
fn f9(host: &mut Host) -> Vec<u8> {
    let object = host.ok("00cb3fff055c035fff01");
    let outer = tlv::read(&object).unwrap();
    tlv::value(&tlv::read(outer[0].value).unwrap(), 0x70)
        .unwrap()
        .to_vec()
}

fn extension(certificate: &Certificate, arc: &str) -> Vec<u8> {
    let extensions = certificate.tbs_certificate().extensions().unwrap();
    let id = format!("1.3.6.1.4.1.41482.3.{arc}");
    let found = extensions
        .iter()
        .find(|extension| extension.extn_id.to_string() == id)
        .unwrap();
    assert!(!found.critical);
    found.extn_value.as_bytes().to_vec()
}

/// Whether openssl verifies leaf and intermediate up to this root.
fn openssl_accepts(root: &str, intermediate: &[u8], leaf: &[u8]) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    let pem = |der: &[u8]| {
        pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der).unwrap()
    };
    write("root.pem", root.as_bytes());
    write("f9.pem", pem(intermediate).as_bytes());
    write("leaf.pem", pem(leaf).as_bytes());
    Command::new("openssl")
        .args([
            "verify",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "f9.pem",
            "leaf.pem",
        ])
        .current_dir(directory.path())
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn openssl_accepts_the_chain_of_its_maker_only() {
    for attestation_key in [Algorithm::Rsa2048, Algorithm::P256, Algorithm::P384] {
        let profile = Profile {
            attestation_key,
            ..Profile::new(7, NEW)
        };
        let mut host = Host::new(VirtualYubiKey::new(profile));
        host.ok("00a4040005a000000308");
        for algorithm in [Algorithm::P256, Algorithm::Ed25519, Algorithm::X25519] {
            host.make_key(0x9a, algorithm);
            let leaf = host.ok("00f99a00");
            let f9 = f9(&mut host);
            assert!(openssl_accepts(
                &host.yubikey.authority().root_pem(),
                &f9,
                &leaf
            ));
            assert!(!openssl_accepts(&Authority::new().root_pem(), &f9, &leaf));
        }
    }
}

#[test]
fn an_attestation_tells_the_device_and_the_policies() {
    let mut host = host(OLD);
    host.prove_management_key();
    let public = host.ok("004700 9c 0b ac09 800111 aa0103 ab0102");
    let leaf = Certificate::from_der(&host.ok("00f99c00")).unwrap();
    let issuer = Certificate::from_der(&f9(&mut host)).unwrap();
    let tbs = leaf.tbs_certificate();
    assert_eq!(tbs.subject().to_string(), "CN=YubiKey PIV Attestation 9c");
    assert_eq!(tbs.issuer(), issuer.tbs_certificate().subject());
    assert_eq!(
        tbs.subject_public_key_info().subject_public_key.raw_bytes(),
        &public[5..]
    );
    assert_eq!(extension(&leaf, "3"), [5, 4, 3]);
    assert_eq!(extension(&leaf, "7"), [2, 4, 0, 0xbc, 0x61, 0x4e]);
    assert_eq!(extension(&leaf, "8"), [3, 2]);
    assert_eq!(extension(&leaf, "9"), [3]);
}

#[test]
fn what_was_imported_and_what_is_not_there_is_not_attested() {
    let mut host = host(NEW);
    host.prove_management_key();
    host.ok(&format!("00fe119a220620{}", "11".repeat(32)));
    host.refused("00f99a00", 0x6A80);
    host.refused("00f99c00", 0x6A88);
    host.refused("00f90000", 0x6B00);
}

#[test]
fn a_lie_is_signed_properly() {
    let mut host = host(NEW);
    host.make_key(0x9a, Algorithm::P256);
    let other = host
        .yubikey
        .make_key(0x9d, Algorithm::P256, PinPolicy::Once, TouchPolicy::Never);
    host.yubikey.lie(Lie {
        serial: Some(0x80),
        firmware: Some(Firmware(4, 3, 5)),
        slot: Some(0x9c),
        policies: Some((PinPolicy::Always, TouchPolicy::Cached)),
        public_key: Some(other.clone()),
    });
    let der = host.ok("00f99a00");
    let leaf = Certificate::from_der(&der).unwrap();
    assert_eq!(
        leaf.tbs_certificate().subject().to_string(),
        "CN=YubiKey PIV Attestation 9c"
    );
    assert_eq!(extension(&leaf, "3"), [4, 3, 5]);
    assert_eq!(extension(&leaf, "7"), [2, 2, 0, 0x80]);
    assert_eq!(extension(&leaf, "8"), [3, 3]);
    let told = spki::der::Encode::to_der(leaf.tbs_certificate().subject_public_key_info());
    assert_eq!(told.unwrap(), other);
    let f9 = f9(&mut host);
    assert!(openssl_accepts(
        &host.yubikey.authority().root_pem(),
        &f9,
        &der
    ));
}

#[test]
fn another_maker_can_vouch_for_the_attestation_key() {
    let mut host = host(NEW);
    let foreign = Authority::new();
    host.yubikey.certify_by(&foreign);
    host.make_key(0x9a, Algorithm::P256);
    let leaf = host.ok("00f99a00");
    let f9 = f9(&mut host);
    assert!(openssl_accepts(&foreign.root_pem(), &f9, &leaf));
    assert!(!openssl_accepts(
        &host.yubikey.authority().root_pem(),
        &f9,
        &leaf
    ));
}

#[test]
fn two_devices_of_one_maker_share_the_root() {
    let maker = Authority::new();
    for serial in [1, 2] {
        let yubikey = VirtualYubiKey::made_by(&maker, Profile::new(serial, NEW));
        let mut host = Host::new(yubikey);
        host.ok("00a4040005a000000308");
        host.make_key(0x9a, Algorithm::P256);
        let leaf = host.ok("00f99a00");
        assert!(openssl_accepts(&maker.root_pem(), &f9(&mut host), &leaf));
    }
}

#[test]
fn an_overwritten_attestation_key_stays_overwritten() {
    let mut host = host(NEW);
    let before = f9(&mut host);
    host.prove_management_key();
    host.ok(&format!("00fe11f9220620{}", "11".repeat(32)));
    host.make_key(0x9a, Algorithm::P256);
    let leaf = host.ok("00f99a00");
    assert!(!openssl_accepts(
        &host.yubikey.authority().root_pem(),
        &before,
        &leaf
    ));
    for _ in 0..3 {
        host.send("0020008008ffffffffffffffff");
        host.send("002c008010ffffffffffffffffffffffffffffffff");
    }
    host.ok("00fb0000");
    assert_eq!(host.ok("00f700f9")[7..10], [3, 1, 2]);
}

#[test]
fn a_companys_own_attestation_key_vouches_under_its_own_name() {
    use p256::pkcs8::DecodePrivateKey;

    let directory = tempfile::tempdir().unwrap();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-subj",
            "/C=DE/O=Ex, Ample + Sons/CN=Keys",
            "-keyout",
            "key.pem",
        ])
        .args(["-out", "root.pem"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(made.status.success());
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    let key = p256::SecretKey::from_pkcs8_pem(&read("key.pem")).unwrap();
    let root = read("root.pem");
    let (_, certificate) = pem_rfc7468::decode_vec(root.as_bytes()).unwrap();

    let mut host = host(NEW);
    host.make_key(0x9a, Algorithm::P256);
    host.ok(&format!("00fe11f9220620{}", hex::encode(key.to_bytes())));
    let object = [
        tlv::write(0x5C, &[0x5F, 0xFF, 0x01]),
        tlv::write(0x53, &tlv::write(0x70, &certificate)),
    ]
    .concat();
    assert_eq!(host.chained(0xDB, 0x3F, 0xFF, &object).1, 0x9000);
    let leaf = host.ok("00f99a00");
    assert!(openssl_accepts(&root, &certificate, &leaf));
}
