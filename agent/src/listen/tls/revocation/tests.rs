use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use rustls::crypto::ring;
use x509_cert::{der::asn1::OctetString, ext::Extension};

use super::*;

fn issuer() -> Issuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    Issuer::new(params, KeyPair::generate().unwrap())
}

fn list(issuer: &Issuer<'_, KeyPair>) -> CertificateRevocationListDer<'static> {
    let now = SystemTime::now();
    let params = CertificateRevocationListParams {
        this_update: now.into(),
        next_update: (now + Duration::from_secs(3600)).into(),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().into()
}

#[test]
fn whatever_says_that_a_list_is_not_whole_is_seen() {
    let whole = CertificateList::from_der(&list(&issuer()))
        .unwrap()
        .tbs_cert_list;
    assert_eq!(part(&whole), None);
    let with = |oid: &str, value: &[u8]| {
        let mut list = whole.clone();
        list.crl_extensions.as_mut().unwrap().push(Extension {
            extn_id: oid.parse().unwrap(),
            critical: true,
            extn_value: OctetString::new(value).unwrap(),
        });
        part(&list)
    };
    let point = Some("issuingDistributionPoint");
    // distributionPoint, onlyContainsUserCerts, onlyContainsCACerts, onlySomeReasons, indirectCRL,
    // onlyContainsAttributeCerts, and what can't be read.
    let scopes: [&[u8]; 7] = [
        b"\x30\x09\xa0\x07\xa0\x05\x86\x03\x61\x3a\x62",
        b"\x30\x03\x81\x01\xff",
        b"\x30\x03\x82\x01\xff",
        b"\x30\x04\x83\x02\x06\x40",
        b"\x30\x03\x84\x01\xff",
        b"\x30\x03\x85\x01\xff",
        b"",
    ];
    for scope in scopes {
        assert_eq!(with("2.5.29.28", scope), point, "{scope:?}");
    }
    assert_eq!(with("2.5.29.28", EMPTY), None);
    assert_eq!(
        with("2.5.29.27", b"\x02\x01\x01"),
        Some("deltaCRLIndicator")
    );
}

#[test]
fn who_signed_a_list_is_found_out() {
    let [one, two] = [issuer(), issuer()];
    let algorithms = ring::default_provider()
        .signature_verification_algorithms
        .all;
    let key = |issuer: &Issuer<'_, KeyPair>| {
        SubjectPublicKeyInfoOwned::from_der(&issuer.key().subject_public_key_info()).unwrap()
    };
    let read = List::read(Path::new("one.crl"), list(&one)).unwrap();
    assert!(read.is_signed_by(&key(&one), algorithms));
    assert!(!read.is_signed_by(&key(&two), algorithms));
}
