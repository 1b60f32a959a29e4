//! Files that docker 28 and notary 0.7 wrote.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tuf::Algorithm;
use secrecy::SecretString;
use tempfile::TempDir;

use super::super::*;
use super::{passphrase, private};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tuf/corpus/notary")
}

fn corpus_passphrase() -> SecretString {
    let manifest = fs::read(corpus().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    passphrase(manifest["passphrase"].as_str().unwrap())
}

/// A copy of a case's trust directory with the modes that its tool gave the files.
fn trust(case: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("private");
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(corpus().join(case).join("trust/private")).unwrap() {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        private(&to.join(entry.file_name()), &text);
    }
    copy
}

#[test]
fn every_key_of_docker_and_notary_opens_and_is_the_one_that_its_name_says() {
    for (case, expected) in [
        ("docker-28", "alice bob root targets"),
        ("notary-0.7", "root snapshot targets targets/bob"),
    ] {
        let copy = trust(case);
        let directory = KeyDirectory::of(copy.path());
        let keys: Result<Vec<_>, _> = directory.keys().unwrap().into_iter().collect();
        let keys = keys.unwrap();
        let mut roles: Vec<&str> = keys.iter().map(|key| key.role().unwrap()).collect();
        roles.sort_unstable();
        assert_eq!(roles.join(" "), expected);
        for file in &keys {
            let key = file.open(Some(&corpus_passphrase())).unwrap();
            assert_eq!(Some(key.canonical_keyid()), file.claimed_keyid());
            let of_one = matches!(file.role(), Some("targets" | "snapshot"));
            assert_eq!(file.gun().is_some(), of_one, "{file:?}");
            let signature = key.sign(b"message").unwrap();
            key.public().verify(b"message", &signature).unwrap();
            assert!(key.public().verify(b"massage", &signature).is_err());
            let wrong = file.open(Some(&passphrase("wrong"))).unwrap_err();
            assert!(wrong.is_wrong_passphrase());
        }
        let bob = keys.iter().find(|key| key.role() == Some("targets/bob"));
        if let Some(bob) = bob {
            let bob = bob.open(Some(&corpus_passphrase())).unwrap();
            assert!(matches!(bob.public().algorithm(), Algorithm::RsaPss { .. }));
        }
    }
}

#[test]
fn what_notary_exports_is_read_whole() {
    let copy = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(corpus().join("notary-0.7").join(name)).unwrap();
    let path = private(&copy.path().join("exported.pem"), &read("exported.pem"));
    let keys = KeyFile::read_all(&path).unwrap();
    assert_eq!(keys.len(), 4);
    for file in &keys {
        let key = file.open(Some(&corpus_passphrase())).unwrap();
        assert_eq!(Some(key.canonical_keyid()), file.claimed_keyid());
    }
    let several = KeyFile::read(&path).unwrap_err().to_string();
    assert!(
        several.contains("there are 4 private keys in it"),
        "{several}"
    );

    let path = private(&copy.path().join("carol-key.pem"), &read("carol-key.pem"));
    let carol = KeyFile::read(&path).unwrap();
    assert_eq!(carol.role(), Some("carol"));
    let key = carol.open(Some(&corpus_passphrase())).unwrap();
    let public = read("carol.pem").replace("role: carol\n\n", "");
    assert_eq!(key.public().to_spki_pem(), public);
}
