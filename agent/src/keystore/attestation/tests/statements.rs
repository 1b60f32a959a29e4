//! What stands in a leaf, right and wrong.

use rcgen::{IsCa, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::{
    super::{AttestationError, FormFactor},
    forge::{Authority, CSPN, FIPS, FIRMWARE, FORM_FACTOR, Leaf, POLICIES, SERIAL, check, replace},
};

#[test]
fn what_a_yubikey_states_is_read() {
    let attested = Leaf::default().verified().unwrap();
    assert_eq!(
        attested.to_string(),
        "YubiKey 12345678 (firmware 5.7.1), slot 9c, PIN always, touch always"
    );
    assert_eq!(attested.form_factor, Some(FormFactor::UsbCKeychain));
    assert_eq!(attested.root.name, "CN=Root");
    let other = Leaf::default()
        .of("YubiKey PIV Attestation 82")
        .with(FIRMWARE, &[5, 4, 3])
        .with(SERIAL, &[2, 1, 7])
        .with(POLICIES, &[2, 3])
        .without(FORM_FACTOR);
    let attested = other.verified().unwrap();
    assert_eq!(
        attested.to_string(),
        "YubiKey 7 (firmware 5.4.3), slot 82, PIN once, touch cached"
    );
    assert_eq!(attested.form_factor, None);
}

#[test]
fn the_series_is_told_by_an_extension_or_by_a_bit_of_the_form_factor() {
    let series = |leaf: Leaf| {
        let attested = leaf.verified().unwrap();
        (attested.fips, attested.cspn)
    };
    assert_eq!(series(Leaf::default()), (false, false));
    assert_eq!(
        series(Leaf::default().with(FORM_FACTOR, &[0x81])),
        (true, false)
    );
    assert_eq!(series(Leaf::default().and(FIPS, &[2, 1, 7])), (true, false));
    assert_eq!(series(Leaf::default().and(CSPN, &[2, 1, 7])), (false, true));
}

#[test]
fn the_attested_key_is_the_one_in_the_certificate() {
    let root = Authority::root("Root");
    let f9 = root.f9();
    for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        let leaf = Leaf {
            algorithm,
            ..Leaf::default()
        };
        let key = leaf.key();
        let attested = check(vec![leaf.signed_for(&key, &f9), f9.der()], &root.roots()).unwrap();
        let public = privyseal_tuf::PublicKey::from_spki_pem(&key.public_key_pem()).unwrap();
        assert_eq!(attested.public_key, public);
    }
}

#[test]
fn a_key_that_can_not_sign_is_refused() {
    let root = Authority::root("Root");
    let f9 = root.f9();
    let leaf = Leaf {
        algorithm: &PKCS_ED25519,
        ..Leaf::default()
    };
    // X25519 in the place of Ed25519 (RFC 8410, section 3).
    let x25519 = f9.sign_anew(&leaf.signed(&f9), |tbs| {
        replace(
            tbs,
            &[0x06, 0x03, 0x2b, 0x65, 0x70],
            &[0x06, 0x03, 0x2b, 0x65, 0x6e],
        );
    });
    let refused = check(vec![x25519, f9.der()], &root.roots());
    assert!(
        matches!(refused, Err(AttestationError::PublicKey { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_leaf_without_a_statement_is_refused() {
    for arc in [FIRMWARE, SERIAL, POLICIES] {
        let refused = Leaf::default().without(arc).verified();
        let oid = format!("1.3.6.1.4.1.41482.3.{arc}");
        assert!(
            matches!(&refused, Err(AttestationError::Missing { oid: missing, .. }) if *missing == oid),
            "{refused:?}"
        );
    }
}

#[test]
fn a_statement_of_another_length_or_value_is_refused() {
    let cases: &[(u64, &[&[u8]])] = &[
        (FIRMWARE, &[&[], &[5, 7], &[5, 7, 1, 0], &[4, 3, 5, 7, 1]]),
        (
            POLICIES,
            &[
                &[],
                &[3],
                &[3, 2, 1],
                &[0, 2],
                &[4, 2],
                &[3, 0],
                &[3, 4],
                &[4, 2, 3, 2],
            ],
        ),
        (FORM_FACTOR, &[&[], &[3, 3], &[4, 1, 3]]),
        (
            SERIAL,
            &[
                &[],
                &[0xbc, 0x61, 0x4e],
                // Truncated, with more behind it, of no bytes.
                &[2, 4, 0x00, 0xbc, 0x61],
                &[2, 1, 7, 0],
                &[2, 0],
                // Zero, below zero, not the shortest form, of 33 bits.
                &[2, 1, 0],
                &[2, 3, 0xbc, 0x61, 0x4e],
                &[2, 2, 0, 7],
                &[2, 5, 1, 0, 0, 0, 1],
                // OCTET STRING.
                &[4, 1, 7],
            ],
        ),
    ];
    for (arc, values) in cases {
        for value in *values {
            let refused = Leaf::default().with(*arc, value).verified();
            assert!(
                matches!(refused, Err(AttestationError::Extension { .. })),
                "{arc} {value:02x?}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_statement_that_stands_twice_is_refused() {
    for (arc, value) in [
        (FIRMWARE, &[5, 7, 1][..]),
        (SERIAL, &[2, 1, 7]),
        (POLICIES, &[1, 1]),
        (FORM_FACTOR, &[3]),
    ] {
        let refused = Leaf::default().and(arc, value).verified();
        assert!(
            matches!(refused, Err(AttestationError::ExtensionTwice { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_subject_of_no_slot_is_no_attestation() {
    for subject in [
        "YubiKey PIV Attestation",
        "YubiKey PIV Attestation ",
        "YubiKey PIV Attestation 9C",
        "YubiKey PIV Attestation 9c ",
        "YubiKey PIV Attestation f9",
        "YubiKey PIV Attestation 9b",
        "YubiKey PIV Attestation 9c,CN=x",
        "yubikey piv attestation 9c",
        "YubiKey OPGP Attestation SIG",
        "\u{1b}[2J9c",
    ] {
        let refused = Leaf::default().of(subject).verified();
        let Err(AttestationError::NoAttestation { name }) = refused else {
            panic!("{subject}: {refused:?}");
        };
        assert!(!name.contains('\u{1b}'), "{name:?}");
    }
}

#[test]
fn a_leaf_that_calls_itself_a_ca_is_refused() {
    let mut leaf = Leaf {
        is_ca: IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
        ..Leaf::default()
    };
    assert_eq!(leaf.verified(), Err(AttestationError::LeafIsCa));
    leaf.is_ca = IsCa::ExplicitNoCa;
    assert!(leaf.verified().is_ok());
}

#[test]
fn a_critical_extension_that_nobody_knows_is_refused() {
    let mut leaf = Leaf::default().and(99, &[1]);
    assert!(leaf.verified().is_ok());
    leaf.extensions.last_mut().unwrap().set_criticality(true);
    let refused = leaf.verified();
    assert!(
        matches!(refused, Err(AttestationError::CriticalExtension { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_certificate_of_an_older_version_is_refused() {
    let root = Authority::root("Root");
    let f9 = root.f9();
    let v2 = |tbs: &mut Vec<u8>| replace(tbs, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1]);
    let leaf = f9.sign_anew(&Leaf::default().signed(&f9), v2);
    let refused = check(vec![leaf, f9.der()], &root.roots());
    assert!(
        matches!(refused, Err(AttestationError::NotVersion3 { .. })),
        "{refused:?}"
    );
    let old = root.sign_anew(&f9.der(), v2);
    let refused = check(vec![Leaf::default().signed(&f9), old], &root.roots());
    assert!(
        matches!(refused, Err(AttestationError::NotVersion3 { .. })),
        "{refused:?}"
    );
}
