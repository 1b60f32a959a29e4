use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose};
use rcgen::{IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;

struct Authority {
    dir: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

fn authority(change: impl FnOnce(&mut CertificateParams)) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    change(&mut params);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ca.pem"), issuer.pem()).unwrap();
    Authority { dir, issuer }
}

impl Authority {
    fn pins(&self) -> Pins {
        let pinning = NotaryPinning::new(
            [].into(),
            [
                ("r.io/".to_owned(), PathBuf::from("ca.pem")),
                ("r.io/elsewhere".to_owned(), PathBuf::from("nowhere.pem")),
            ]
            .into(),
            false,
        );
        Pins::none().with_notary("notary", pinning.relative_to(self.dir.path()))
    }

    /// A leaf of this authority.
    fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = leaf();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, &self.issuer).unwrap().der().to_vec()
    }

    fn check(&self, chain: Vec<Vec<u8>>) -> Result<Pinned, String> {
        let root = candidate("root", chain);
        let checked = self
            .pins()
            .check(&gun("r.io/app"), &[named("other"), root], true, NOW);
        checked.map_err(|error| error.to_string())
    }
}

/// As notary makes them: for code signing alone.
fn leaf() -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

#[test]
fn a_ca_answers_for_the_certificates_that_it_issued() {
    let authority_one = authority(|_| ());
    let pinned = authority_one
        .check(vec![authority_one.leaf(|_| ())])
        .unwrap();
    assert_eq!((pinned.by, pinned.keys), (TrustedBy::Ca, keys(&["root"])));
    for usages in [
        vec![],
        vec![ExtendedKeyUsagePurpose::ServerAuth],
        vec![ExtendedKeyUsagePurpose::Any],
        vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::CodeSigning,
        ],
    ] {
        let leaf = authority_one.leaf(|params| params.extended_key_usages = usages);
        assert!(authority_one.check(vec![leaf]).is_ok());
    }
    // Of another repository nothing is said.
    let elsewhere = authority_one
        .pins()
        .check(&gun("s.io/app"), &[named("x")], true, NOW);
    assert_eq!(elsewhere.unwrap().by, TrustedBy::FirstUse);
    let longest = authority_one
        .pins()
        .check(&gun("r.io/elsewhere/x"), &[named("x")], true, NOW);
    assert!(longest.unwrap_err().to_string().contains("nowhere.pem"));
}

#[test]
fn a_ca_answers_for_no_other_certificate() {
    let (ours, theirs) = (authority(|_| ()), authority(|_| ()));
    let client = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2021, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(2039, 1, 1);
    let ca = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    for (what, chain) in [
        ("another CA's", vec![theirs.leaf(|_| ())]),
        ("another use", vec![ours.leaf(client)]),
        ("expired", vec![ours.leaf(expired)]),
        ("not yet valid", vec![ours.leaf(early)]),
        ("a CA", vec![ours.leaf(ca)]),
        ("no certificate", vec![b"x".to_vec()]),
        ("none", vec![]),
    ] {
        let error = ours.check(chain).unwrap_err();
        assert!(error.contains("ca.pem"), "{what}: {error}");
    }
}

#[test]
fn intermediates_lead_to_the_ca_where_they_may() {
    let ours = authority(|_| ());
    let below = |constraints: IsCa| {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = constraints;
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "an intermediate");
        CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &ours.issuer).unwrap()
    };
    let leaf_of = |issuer: &CertifiedIssuer<'static, KeyPair>| {
        let key = KeyPair::generate().unwrap();
        leaf().signed_by(&key, issuer).unwrap().der().to_vec()
    };
    let intermediate = below(IsCa::Ca(BasicConstraints::Unconstrained));
    let chain = vec![leaf_of(&intermediate), intermediate.der().to_vec()];
    assert!(ours.check(chain.clone()).is_ok());
    assert!(ours.check(chain[..1].to_vec()).is_err());
    let no_ca = below(IsCa::ExplicitNoCa);
    assert!(
        ours.check(vec![leaf_of(&no_ca), no_ca.der().to_vec()])
            .is_err()
    );
}

#[test]
fn a_ca_must_be_one_and_be_valid() {
    let no_ca = authority(|params| params.is_ca = IsCa::ExplicitNoCa);
    let expired = authority(|params| params.not_after = date_time_ymd(2021, 1, 1));
    let early = authority(|params| params.not_before = date_time_ymd(2039, 1, 1));
    for authority in [no_ca, expired, early] {
        let error = authority.check(vec![authority.leaf(|_| ())]).unwrap_err();
        assert!(
            error.contains("no certificate of a CA that is valid now"),
            "{error}"
        );
    }
    for content in [
        &b""[..],
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let authority = authority(|_| ());
        fs::write(authority.dir.path().join("ca.pem"), content).unwrap();
        assert!(authority.check(vec![authority.leaf(|_| ())]).is_err());
    }
    let flood = authority(|_| ());
    let path: &Path = flood.dir.path();
    fs::write(path.join("ca.pem"), vec![b'x'; 2 << 20]).unwrap();
    assert!(
        flood
            .check(vec![flood.leaf(|_| ())])
            .unwrap_err()
            .contains("1 MiB")
    );
}
