use super::*;
use crate::trust::home::Home;

fn staged(directory: &std::path::Path) -> Staged {
    let gun = "reg.example.test/app".parse().unwrap();
    let home = Home::at(directory.to_owned()).repository(&gun);
    drop(home.lock().unwrap());
    Staged::of(&home)
}

fn witness(role: &str) -> Change {
    Change::Witness {
        role: role.to_owned(),
    }
}

#[test]
fn changes_wait_under_their_numbers_until_they_are_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let staged = staged(directory.path());
    assert_eq!(staged.list().unwrap(), []);
    let set = Change::SetTarget {
        role: "targets/releases".to_owned(),
        target: "v1".to_owned(),
        content: TargetContent {
            length: 7,
            sha256: "00".repeat(32),
            sha512: None,
            custom: Some("{\"b\":1}".to_owned()),
        },
    };
    let numbers = staged.add(&[set.clone(), witness("targets")]).unwrap();
    assert_eq!(numbers, [1, 2]);
    staged.drop_numbers(&[1]).unwrap();
    // A number is never given twice.
    assert_eq!(staged.add(std::slice::from_ref(&set)).unwrap(), [3]);
    assert_eq!(staged.list().unwrap(), [(2, witness("targets")), (3, set)]);
    assert!(matches!(
        staged.drop_numbers(&[2, 1]),
        Err(StagedError::NoSuch(1))
    ));
    assert_eq!(staged.list().unwrap().len(), 2);
    staged.drop_all().unwrap();
    assert_eq!(staged.list().unwrap(), []);
}

#[test]
fn a_damaged_file_is_said_to_be_one_and_can_be_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let staged = staged(directory.path());
    staged.add(&[witness("targets")]).unwrap();
    let gun = "reg.example.test/app".parse().unwrap();
    let home = Home::at(directory.path().to_owned()).repository(&gun);
    for content in ["{", "{\"format\":2,\"next\":1,\"changes\":[]}"] {
        std::fs::write(home.directory().join("changes.json"), content).unwrap();
        let error = staged.list().unwrap_err().to_string();
        assert!(error.contains("privyseal trust reset --all"), "{error}");
    }
    staged.drop_all().unwrap();
    assert_eq!(staged.list().unwrap(), []);
}

#[test]
fn no_more_changes_wait_than_there_is_room_for() {
    let directory = tempfile::tempdir().unwrap();
    let staged = staged(directory.path());
    staged.add(&vec![witness("targets"); MOST_STAGED]).unwrap();
    assert!(matches!(
        staged.add(&[witness("targets")]),
        Err(StagedError::TooMany)
    ));
}

#[test]
fn keys_are_read_with_the_headers_of_docker_and_without() {
    let pem = "-----BEGIN PUBLIC KEY-----\nrole: bob\n\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";
    let read = read_key(pem, 0).unwrap();
    assert_eq!(read.signer.as_deref(), Some("bob"));
    let again = read_key(&read.pem, 0).unwrap();
    assert_eq!((again.key, again.signer), (read.key, None));
}

#[test]
fn what_is_no_key_to_delegate_to_is_refused() {
    use NotADelegationKey as E;
    let private = "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n";
    assert_eq!(read_key(private, 0).unwrap_err(), E::Private);
    assert_eq!(read_key("", 0).unwrap_err(), E::Other);
    assert_eq!(read_key(&"x".repeat(300_000), 0).unwrap_err(), E::Other);
    let broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    assert!(matches!(read_key(broken, 0), Err(E::Public(_))));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(read_key(broken, 0), Err(E::Certificate(_))));
}

#[test]
fn a_certificate_to_delegate_to_is_one_leaf() {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new([]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let now = jiff::Timestamp::now().as_second();
    assert!(read_key(&pem, now).is_ok());
    let twice = read_key(&pem.repeat(2), now);
    assert_eq!(twice.unwrap_err(), NotADelegationKey::TwoLeaves);
}
