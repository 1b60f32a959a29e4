//! Which chains lead to a root, and which certificates may stand in them.

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
    SerialNumber,
};

use super::{
    super::{AttestationChain, AttestationError, Roots},
    forge::{Authority, FIPS, Leaf, Making, check, extension},
};

#[test]
fn order_and_company_of_what_follows_the_leaf_do_not_matter() {
    let root = Authority::make("Root", None, Making::over(3));
    let upper = Authority::make("Upper", Some(&root), Making::over(2));
    let lower = Authority::make("Lower", Some(&upper), Making::over(1));
    let f9 = lower.f9();
    let stranger = Authority::root("Stranger");
    let leaf = Leaf::default().signed(&f9);
    let (f9, lower, upper) = (f9.der(), lower.der(), upper.der());
    let (top, stranger) = (root.der(), stranger.der());
    let right = check(
        vec![leaf.clone(), f9.clone(), lower.clone(), upper.clone()],
        &root.roots(),
    );
    let path = vec![leaf.clone(), f9.clone(), lower.clone(), upper.clone()];
    assert_eq!(right.as_ref().unwrap().path, path);
    assert_eq!(right.as_ref().unwrap().root.der, root.der());
    for others in [
        vec![upper.clone(), f9.clone(), lower.clone()],
        vec![
            stranger.clone(),
            lower.clone(),
            top.clone(),
            upper.clone(),
            f9.clone(),
        ],
        vec![
            f9.clone(),
            f9.clone(),
            lower.clone(),
            lower.clone(),
            upper.clone(),
            leaf.clone(),
        ],
    ] {
        let chain = [vec![leaf.clone()], others].concat();
        assert_eq!(check(chain, &root.roots()), right);
    }
    let refused = check(vec![f9.clone(), leaf, lower, upper], &root.roots());
    assert!(
        matches!(refused, Err(AttestationError::NoAttestation { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_gap_in_the_chain_is_told_by_both_ends() {
    let root = Authority::make("Root", None, Making::over(3));
    let between = Authority::make("Between", Some(&root), Making::over(1));
    let f9 = between.f9();
    let refused = check(vec![Leaf::default().signed(&f9), f9.der()], &root.roots());
    let expected = AttestationError::Untrusted {
        name: "CN=Forged F9".to_owned(),
        issuer: "CN=Between".to_owned(),
    };
    assert_eq!(refused, Err(expected));
}

#[test]
fn an_operator_may_trust_f9_itself() {
    let f9 = Authority::make("Own F9", None, Making::over(0));
    let chain = vec![Leaf::default().signed(&f9)];
    let attested = check(chain, &f9.roots()).unwrap();
    assert_eq!(
        (attested.root.name.as_str(), attested.path.len()),
        ("CN=Own F9", 1)
    );
    assert!(f9.roots().trusts(&attested.root.fingerprint));
    assert!(!Roots::yubico().unwrap().trusts(&attested.root.fingerprint));
}

#[test]
fn keys_of_p384_issue_too() {
    let making = |most| Making {
        algorithm: &PKCS_ECDSA_P384_SHA384,
        ..Making::over(most)
    };
    let root = Authority::make("Root", None, making(1));
    let f9 = Authority::make("F9", Some(&root), making(0));
    assert!(check(vec![Leaf::default().signed(&f9), f9.der()], &root.roots()).is_ok());
}

#[test]
fn the_series_of_a_yubikey_is_read_from_f9_too() {
    let root = Authority::root("Root");
    let making = Making {
        extensions: vec![extension(FIPS, &[2, 1, 7])],
        ..Making::over(0)
    };
    let f9 = Authority::make("F9", Some(&root), making);
    let attested = check(vec![Leaf::default().signed(&f9), f9.der()], &root.roots()).unwrap();
    assert!(attested.fips);
}

#[test]
fn an_attested_key_can_not_attest() {
    let root = Authority::make("Root", None, Making::default());
    let f9 = root.f9();
    for (is_ca, over) in [
        (IsCa::NoCa, false),
        (IsCa::Ca(BasicConstraints::Unconstrained), true),
    ] {
        let making = Making {
            is_ca,
            ..Making::default()
        };
        let leaf = Authority::make("YubiKey PIV Attestation 9c", Some(&f9), making);
        let second = Leaf::default().signed(&leaf);
        let refused = check(vec![second, leaf.der(), f9.der()], &root.roots());
        match refused {
            Err(AttestationError::NoCa { .. }) if !over => {}
            Err(AttestationError::PathTooLong {
                most: 0, below: 1, ..
            }) if over => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn who_may_not_issue_is_refused() {
    let root = Authority::root("Root");
    let refused = |making: Making| {
        let f9 = Authority::make("F9", Some(&root), making);
        check(vec![Leaf::default().signed(&f9), f9.der()], &root.roots())
    };
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let making = Making {
            is_ca,
            ..Making::default()
        };
        let refused = refused(making);
        assert!(
            matches!(refused, Err(AttestationError::NoCa { .. })),
            "{refused:?}"
        );
    }
    let signs = Making {
        usages: vec![KeyUsagePurpose::KeyCertSign],
        ..Making::over(0)
    };
    assert!(refused(signs).is_ok());
    let no_certificates = Making {
        usages: vec![KeyUsagePurpose::DigitalSignature],
        ..Making::over(0)
    };
    let no_certificates = refused(no_certificates);
    assert!(
        matches!(no_certificates, Err(AttestationError::NoCa { .. })),
        "{no_certificates:?}"
    );
    let mut unknown = extension(99, &[5, 0]);
    unknown.set_criticality(true);
    let critical = Making {
        extensions: vec![unknown],
        ..Making::over(0)
    };
    let critical = refused(critical);
    assert!(
        matches!(critical, Err(AttestationError::CriticalExtension { .. })),
        "{critical:?}"
    );
}

#[test]
fn a_ca_has_no_more_below_it_than_it_says() {
    let root = Authority::root("Root");
    let upper = Authority::make("Upper", Some(&root), Making::default());
    let f9 = upper.f9();
    let chain = vec![Leaf::default().signed(&f9), f9.der(), upper.der()];
    let expected = AttestationError::PathTooLong {
        name: "CN=Root".to_owned(),
        most: 1,
        below: 2,
    };
    assert_eq!(check(chain, &root.roots()), Err(expected));
}

#[test]
fn a_chain_that_leads_in_circles_ends() {
    // Seven certificates of one name and one key, each of which issued each other.
    let key = KeyPair::generate().unwrap().serialize_pem();
    let circle = |number: u8| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some(SerialNumber::from(vec![number]));
        rcgen::CertifiedIssuer::self_signed(params, KeyPair::from_pem(&key).unwrap()).unwrap()
    };
    let circles: Vec<_> = (1..8).map(|number| Authority(circle(number))).collect();
    let leaf = Leaf::default().signed(&circles[0]);
    let chain = [vec![leaf], circles.iter().map(Authority::der).collect()].concat();
    let refused = check(chain, &Roots::yubico().unwrap());
    assert!(
        matches!(refused, Err(AttestationError::TooManyWays { .. })),
        "{refused:?}"
    );
}

#[test]
fn chains_are_bounded_and_come_back_from_pem() {
    let root = Authority::root("Root");
    let (f9, count) = (root.f9(), |count| {
        AttestationChain::from_der(vec![vec![0x30, 0]; count])
    });
    let chain = vec![Leaf::default().signed(&f9), f9.der()];
    let chain = AttestationChain::from_der(chain).unwrap();
    let pem = chain.to_pem().unwrap();
    assert_eq!(
        AttestationChain::from_pem(pem.as_bytes()),
        Ok(chain.clone())
    );
    let text = format!("slot 9c\n{}slot f9", pem.replace('\n', "\r\n"));
    assert_eq!(AttestationChain::from_pem(text.as_bytes()), Ok(chain));
    assert_eq!(count(0), Err(AttestationError::Empty));
    assert!(count(8).is_ok());
    assert!(matches!(count(9), Err(AttestationError::TooMany { .. })));
    let large = AttestationChain::from_der(vec![vec![0; 4097]]);
    assert_eq!(large, Err(AttestationError::TooLarge { bytes: 4097 }));
    assert_eq!(
        AttestationChain::from_pem(b"nothing"),
        Err(AttestationError::Empty)
    );
    let cut = AttestationChain::from_pem(&pem.as_bytes()[..100]);
    assert!(matches!(cut, Err(AttestationError::Pem(_))), "{cut:?}");
    let unreadable = check(vec![vec![0x30, 0]], &root.roots());
    assert!(matches!(
        unreadable,
        Err(AttestationError::Unreadable { number: 1, .. })
    ));
}

#[test]
fn roots_are_cas_and_each_is_kept_once() {
    let root = Authority::root("Root");
    let pem = root.0.as_ref().pem();
    let mut roots = root.roots();
    assert_eq!(roots.add_pem(pem.as_bytes()), Ok(1));
    assert_eq!(roots.iter().count(), 1);
    let other = Authority::root("Other").0.as_ref().pem();
    assert_eq!(roots.add_pem(format!("{pem}{other}").as_bytes()), Ok(2));
    assert_eq!(roots.iter().count(), 2);
    assert_eq!(roots.add_pem(b""), Err(AttestationError::Empty));
    let making = Making {
        is_ca: IsCa::NoCa,
        ..Making::default()
    };
    let no_ca = Authority::make("No CA", None, making).0.as_ref().pem();
    let refused = roots.add_pem(format!("{pem}{no_ca}").as_bytes());
    assert!(
        matches!(refused, Err(AttestationError::NoCa { .. })),
        "{refused:?}"
    );
    assert_eq!(roots.iter().count(), 2);
}
