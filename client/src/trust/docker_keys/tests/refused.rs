use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::super::armor::Block;
use super::super::*;
use super::private;

#[test]
fn a_file_that_others_can_reach_is_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let path = private(&directory.path().join("a.key"), "text");
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let error = KeyFile::read(&path).unwrap_err();
        assert!(
            error.to_string().contains("others can read or write it"),
            "{error}"
        );
        assert_eq!(error.remedy(), format!("chmod 600 {}", path.display()));
    }
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let error = KeyFile::read(&path).unwrap_err().to_string();
    assert!(error.contains("there is no private key in it"), "{error}");
}

#[test]
fn what_is_no_key_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let refused = |text: &str| {
        let path = private(&directory.join("a.key"), text);
        let read = KeyFile::read(&path).and_then(|file| file.open(None));
        read.unwrap_err().to_string()
    };
    for (text, reason) in [
        ("", "there is no private key in it"),
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "there is no private key in it",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nA-\n-----END PRIVATE KEY-----\n",
            "the private key in it is damaged",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "the private key in it is damaged",
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            "private keys of the kind \"OPENSSH PRIVATE KEY\" are not read",
        ),
    ] {
        let found = refused(text);
        assert!(found.contains(reason), "{text:?}: {found}");
    }
    let long = refused(&"-".repeat((64 << 10) + 1));
    assert!(long.contains("no private key has as many"), "{long}");
    let missing = KeyFile::read(&directory.join("missing")).unwrap_err();
    assert!(
        missing.to_string().contains("it can't be read"),
        "{missing}"
    );
    let none = KeyFile::read(directory).unwrap_err();
    assert!(none.to_string().contains("it is not a file"), "{none}");
}

proptest! {
    #[test]
    fn no_text_brings_the_reader_down(text in "(-----(BEGIN|END) (EC )?PRIVATE KEY-----|\n|[A-Za-z0-9+/=]{0,70}|[a-z]+: .{0,9}\n){0,12}") {
        let _ = Block::private_keys(&text);
    }
}
