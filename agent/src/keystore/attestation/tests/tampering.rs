//! Chains in which something was changed after it was signed, or that somebody else signed.

use rcgen::PublicKeyData;

use super::{
    super::{AttestationError, Roots},
    forge::{Authority, Leaf, check, replace},
};

#[test]
fn no_bit_of_a_chain_can_be_changed() {
    let root = Authority::root("Root");
    let (f9, roots) = (root.f9(), root.roots());
    let chain = vec![Leaf::default().signed(&f9), f9.der()];
    assert!(check(chain.clone(), &roots).is_ok());
    for which in 0..chain.len() {
        for at in 0..chain[which].len() {
            let mut changed = chain.clone();
            changed[which][at] ^= 1 << (at % 8);
            assert!(
                check(changed, &roots).is_err(),
                "certificate {which}, byte {at}"
            );
        }
    }
}

#[test]
fn a_chain_that_was_cut_or_goes_on_is_refused() {
    let root = Authority::root("Root");
    let (f9, roots) = (root.f9(), root.roots());
    let chain = vec![Leaf::default().signed(&f9), f9.der()];
    for which in 0..chain.len() {
        for length in 0..chain[which].len() {
            let mut cut = chain.clone();
            cut[which].truncate(length);
            assert!(
                check(cut, &roots).is_err(),
                "certificate {which}, {length} bytes"
            );
        }
        let mut longer = chain.clone();
        longer[which].push(0);
        let refused = check(longer, &roots);
        assert!(
            matches!(refused, Err(AttestationError::Unreadable { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn what_the_yubikey_states_can_not_be_swapped() {
    let root = Authority::root("Root");
    let f9 = root.f9();
    let (leaf, key, other) = (
        Leaf::default(),
        Leaf::default().key(),
        Leaf::default().key(),
    );
    let der = leaf.signed_for(&key, &f9);
    let swaps: [(&str, &[u8], &[u8]); 6] = [
        ("key", key.der_bytes(), other.der_bytes()),
        (
            "serial number",
            &[2, 4, 0x00, 0xbc, 0x61, 0x4e],
            &[2, 4, 0x00, 0xbc, 0x61, 0x4f],
        ),
        ("slot", b"Attestation 9c", b"Attestation 9a"),
        ("policies", &[3, 8, 4, 2, 3, 2], &[3, 8, 4, 2, 1, 1]),
        ("firmware", &[3, 3, 4, 3, 5, 7, 1], &[3, 3, 4, 3, 5, 7, 4]),
        ("form factor", &[3, 9, 4, 1, 3], &[3, 9, 4, 1, 0x83]),
    ];
    for (what, old, new) in swaps {
        let mut swapped = der.clone();
        replace(&mut swapped, old, new);
        let refused = check(vec![swapped, f9.der()], &root.roots());
        assert!(
            matches!(refused, Err(AttestationError::Signature { .. })),
            "{what}: {refused:?}"
        );
    }
}

#[test]
fn a_broken_signature_is_told_with_both_names() {
    let root = Authority::root("Root");
    let f9 = root.f9();
    let signature = |name: &str, issuer: &str| AttestationError::Signature {
        name: name.to_owned(),
        issuer: issuer.to_owned(),
    };
    let break_it = |mut der: Vec<u8>| {
        *der.last_mut().unwrap() ^= 1;
        der
    };
    let leaf = Leaf::default().signed(&f9);
    let refused = check(vec![break_it(leaf.clone()), f9.der()], &root.roots());
    let expected = signature("CN=YubiKey PIV Attestation 9c", "CN=Forged F9");
    assert_eq!(refused, Err(expected));
    // The way that came further is told, not the one over a stranger of the same name.
    let chain = vec![leaf, break_it(f9.der()), root.f9().der()];
    let refused = check(chain, &root.roots());
    assert_eq!(refused, Err(signature("CN=Forged F9", "CN=Root")));
}

#[test]
fn a_certificate_names_its_signatures_algorithm_twice_alike() {
    let root = Authority::root("Root");
    let f9 = root.f9();
    // ecdsa-with-SHA384 within what is signed, with SHA-256 (RFC 5758, section 3.2).
    let unlike = f9.sign_anew(&Leaf::default().signed(&f9), |tbs| {
        let sha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        replace(tbs, &sha256, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]);
    });
    let refused = check(vec![unlike, f9.der()], &root.roots());
    assert!(
        matches!(refused, Err(AttestationError::Signature { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_root_of_the_same_name_is_another_root() {
    let (root, foreign) = (Authority::root("Root"), Authority::root("Root"));
    let f9 = foreign.f9();
    let chain = vec![Leaf::default().signed(&f9), f9.der(), foreign.der()];
    assert!(check(chain.clone(), &foreign.roots()).is_ok());
    let refused = check(chain, &root.roots());
    assert!(
        matches!(refused, Err(AttestationError::Signature { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_root_that_nobody_trusts_is_told_by_name() {
    let foreign = Authority::root("Foreign");
    let f9 = foreign.f9();
    let leaf = Leaf::default().signed(&f9);
    let untrusted = |name: &str, issuer: &str| AttestationError::Untrusted {
        name: name.to_owned(),
        issuer: issuer.to_owned(),
    };
    let yubico = Roots::yubico().unwrap();
    let chain = vec![leaf.clone(), f9.der()];
    assert_eq!(
        check(chain, &yubico),
        Err(untrusted("CN=Forged F9", "CN=Foreign"))
    );
    // That the chain brings its root along makes it no better.
    let chain = vec![leaf.clone(), f9.der(), foreign.der()];
    assert_eq!(
        check(chain, &yubico),
        Err(untrusted("CN=Foreign", "CN=Foreign"))
    );
    let name = "CN=YubiKey PIV Attestation 9c";
    assert_eq!(
        check(vec![leaf.clone()], &yubico),
        Err(untrusted(name, "CN=Forged F9"))
    );
    assert_eq!(
        check(vec![leaf], &Roots::default()),
        Err(untrusted(name, "CN=Forged F9"))
    );
}
