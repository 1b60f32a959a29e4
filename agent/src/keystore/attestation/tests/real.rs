//! Certificates that Yubico and YubiKeys signed.

use super::super::{
    AttestationChain, AttestationError, Attested, Claim, FormFactor, Roots,
    certificate::Certificate, path, statement, verify,
};
use crate::keystore::{PinPolicy, Policies, Slot, TouchPolicy};

const SIGSTORE: &[u8] = include_bytes!("../testdata/yubikey-15938765.pem");
const DOCKER: &[u8] = include_bytes!("../testdata/yubikey-28751259.pem");
const YUBIKEY_4: &[u8] = include_bytes!("../testdata/yubikey-5213681.pem");

const PIV_ROOT: &str = "63ece914e54dd87915f34033c85af4c0696ba1512f8add66ced738331207b546";
const ATTESTATION_ROOT: &str = "62760c6a6ef91679f454c8902b80fd009825b3f25da90f1fbace2ec6586cd5a8";

fn verified(pem: &[u8]) -> Attested {
    let chain = AttestationChain::from_pem(pem).unwrap();
    verify(&chain, &Roots::yubico().unwrap()).unwrap()
}

#[test]
fn the_roots_that_are_built_in_are_those_that_yubico_publishes() {
    let roots = Roots::yubico().unwrap();
    let roots = roots
        .iter()
        .map(|root| (root.name(), root.fingerprint().to_string()));
    let expected = [
        ("CN=Yubico PIV Root CA Serial 263751", PIV_ROOT),
        ("CN=Yubico Attestation Root 1", ATTESTATION_ROOT),
    ];
    let expected = expected.map(|(name, print)| (name.to_owned(), print.to_owned()));
    assert_eq!(roots.collect::<Vec<_>>(), expected);
}

#[test]
fn yubicos_certificates_for_piv_lead_to_its_newer_root_alone() {
    let yubico = Roots::yubico().unwrap();
    let between = yubico.between();
    assert_eq!(between.len(), 5);
    for certificate in between {
        let found = path::find(certificate, &[], &yubico).map(|path| path.root.fingerprint());
        assert_eq!(found.unwrap().to_string(), ATTESTATION_ROOT);
    }
    let mut names: Vec<_> = between.iter().map(Certificate::name).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "CN=Yubico Attestation Intermediate A 1",
            "CN=Yubico Attestation Intermediate B 1",
            "CN=Yubico PIV Attestation A 1",
            "CN=Yubico PIV Attestation B 1",
            "CN=Yubico PIV Attestation B2 1",
        ]
    );
}

#[test]
fn an_attestation_is_told_from_other_certificates_by_what_it_claims() {
    let chain = AttestationChain::from_pem(SIGSTORE).unwrap();
    let [leaf, f9, ..] = chain.ders() else {
        panic!("it has an attestation and the certificate of F9");
    };
    let (claim, attested) = (Claim::read(leaf).unwrap(), verified(SIGSTORE));
    assert_eq!(claim.public_key, attested.public_key);
    assert_eq!(claim.policies, attested.policies);
    assert!(claim.names_as_issuer(f9) && !claim.names_as_issuer(leaf));
    assert!(Claim::read(f9).is_none() && Claim::read(b"no certificate").is_none());
}

#[test]
fn a_yubikey_5_is_believed() {
    let attested = verified(SIGSTORE);
    assert_eq!(
        attested.to_string(),
        "YubiKey 15938765 (firmware 5.2.7), slot 9c, PIN always, touch always"
    );
    assert_eq!(attested.form_factor, Some(FormFactor::UsbCKeychain));
    assert!(!attested.fips && !attested.cspn);
    assert_eq!(attested.root.fingerprint.to_string(), PIV_ROOT);
    assert_eq!(attested.public_key.algorithm().to_string(), "ecdsa-p256");
    assert_eq!(attested.firmware.weaknesses().len(), 1);
}

#[test]
fn a_yubikey_5_of_the_fips_series_is_believed_and_known_for_one() {
    let attested = verified(DOCKER);
    assert_eq!(
        attested.to_string(),
        "YubiKey 28751259 (firmware 5.4.3), slot 9c, PIN always, touch never"
    );
    assert_eq!(attested.form_factor, Some(FormFactor::UsbCKeychain));
    assert!(attested.fips && !attested.cspn);
    assert_eq!(attested.public_key.algorithm().to_string(), "ecdsa-p384");
}

#[test]
fn a_yubikey_4_tells_no_form_factor() {
    let chain = AttestationChain::from_pem(YUBIKEY_4).unwrap();
    let leaf = Certificate::read(&chain.ders()[0], 0).unwrap();
    let read = statement::read(&leaf).unwrap();
    assert_eq!(statement::slot(&leaf).unwrap().to_string(), "9e");
    assert_eq!((read.serial, read.form_factor), (5_213_681, None));
    assert_eq!(read.firmware.to_string(), "4.3.3");
    let never = Policies {
        pin: PinPolicy::Never,
        touch: TouchPolicy::Never,
    };
    assert_eq!(read.policies, never);
}

#[test]
fn an_attestation_of_one_yubikey_is_none_under_the_f9_of_another() {
    let ders = |pem| AttestationChain::from_pem(pem).unwrap().ders().to_vec();
    let (sigstore, docker) = (ders(SIGSTORE), ders(DOCKER));
    let mixed = AttestationChain::from_der(vec![sigstore[0].clone(), docker[1].clone()]).unwrap();
    let signature = AttestationError::Signature {
        name: "CN=YubiKey PIV Attestation 9c".to_owned(),
        issuer: "CN=Yubico PIV Attestation".to_owned(),
    };
    assert_eq!(verify(&mixed, &Roots::yubico().unwrap()), Err(signature));
    // All YubiKeys have one name for F9's certificate: the right one is found beside the wrong.
    let both = vec![sigstore[0].clone(), docker[1].clone(), sigstore[1].clone()];
    let both = AttestationChain::from_der(both).unwrap();
    let attested = verify(&both, &Roots::yubico().unwrap()).unwrap();
    assert_eq!(
        (attested.serial, attested.slot),
        (15_938_765, Slot::SIGNATURE)
    );
}
