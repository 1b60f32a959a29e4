use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::SystemTime};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber,
};
use rustls::pki_types::UnixTime;

use super::*;

/// A CA that is the agent's too, with a client.
struct Pki {
    ca: Issuer<'static, KeyPair>,
    client: Certificate,
}

impl Pki {
    fn new(directory: &Path) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(directory.join("ca.pem"), certificate.pem()).unwrap();
        let path = directory.join("ca.key");
        fs::write(&path, key.serialize_pem()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let ca = Issuer::new(params, key);
        let mut params = CertificateParams::new(["ci.example.test".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(7));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client = params.signed_by(&KeyPair::generate().unwrap(), &ca);
        let client = client.unwrap();
        Self { ca, client }
    }

    /// Puts a list there.
    fn list(&self, path: &Path, revoked: bool) {
        let now = SystemTime::now();
        let revoked = revoked.then(|| RevokedCertParams {
            serial_number: SerialNumber::from(7),
            revocation_time: now.into(),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: now.into(),
            next_update: (now + Duration::from_secs(3600)).into(),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.into_iter().collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.ca).unwrap();
        fs::write(path, list.pem().unwrap()).unwrap();
    }

    fn is_let_in(&self, listeners: &Listeners) -> bool {
        let verifier = Arc::clone(&listeners.all.first().unwrap().material().verifier);
        let leaf = self.client.der();
        let verified = verifier.verify_client_cert(leaf, &[], UnixTime::now());
        verified.is_ok()
    }
}

#[test]
fn a_reload_does_not_put_an_older_list_over_a_newer_one() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let pki = Pki::new(directory.path());
    let list = at("list.crl");
    pki.list(&list, false);
    let section = format!(
        "address = \"127.0.0.1:0\"\ncertificate = {:?}\nkey = {{ file = {:?} }}\n\
         client_ca = {:?}\ncrl = [{list:?}]",
        at("ca.pem"),
        at("ca.key"),
        at("ca.pem")
    );
    let section: ListenSection = toml::from_str(&section).unwrap();
    let sections = [section];
    let listeners = Listeners::open(&sections, NonZeroU32::MIN).unwrap();
    assert!(pki.is_let_in(&listeners));

    let loaded = listeners.check(&sections).unwrap();
    pki.list(&list, true);
    listeners.look();
    assert!(!pki.is_let_in(&listeners));
    listeners.apply(loaded);
    assert!(!pki.is_let_in(&listeners));

    // What can't be read now is told of at the next look, and read as soon as it can be.
    let loaded = listeners.check(&sections).unwrap();
    fs::write(&list, "no list").unwrap();
    listeners.apply(loaded);
    assert!(!pki.is_let_in(&listeners));
    pki.list(&list, false);
    listeners.look();
    assert!(pki.is_let_in(&listeners));
}
