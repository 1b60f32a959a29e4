//! Signatures by other tools.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::elsewhere::{FileKey, Kind, TokenKey};
use privyseal_tests::python::Python;
use privyseal_tests::require;
use privyseal_tests::stage::Stage;
use privyseal_tests::token::Tokens;

use crate::places::{Office, Place, keyid, sent};

#[test]
fn a_root_of_six_keys_is_signed_by_six_kinds_of_signers() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    if !require::program("pkcs11-tool") {
        return;
    }
    let sandbox = &stage.sandbox;
    let keys = sandbox.directory("keys");
    let tool = Tokens::new(sandbox, "tool-tokens").token("tool");
    let (raw, der) = (
        TokenKey::generate(&tool, "01", &keys),
        TokenKey::generate(&tool, "02", &keys),
    );
    let rsa = FileKey::generate(&keys, "rsa", Kind::Rsa);
    let ed25519 = FileKey::generate(&keys, "ed25519", Kind::Ed25519);
    let library = FileKey::generate(&keys, "library", Kind::P256);
    let other = Place::new(sandbox, "other");
    let office = Office::new(sandbox, &stage.client("office"));
    office.init(
        &[
            ("raw", &raw.public),
            ("der", &der.public),
            ("rsa", &rsa.public),
            ("ed", &ed25519.public),
            ("library", &library.public),
            ("other", &other.key("root")),
        ],
        6,
    );
    let (draft, payload) = office.export("root-1");
    let again = office.post.join("again.payload");
    let (draft_text, again_text) = (draft.display(), again.display());
    let told = office
        .client
        .ok(&format!("draft payload {draft_text} -o {again_text}"));
    assert_eq!(fs::read(&again).unwrap(), fs::read(&payload).unwrap());
    let digest = privyseal_tuf::Sha256Digest::of(&fs::read(&payload).unwrap()).to_string();
    assert!(
        told.replace(' ', "").contains(&format!("SHA-256{digest}")),
        "{told}"
    );

    let file = |name: &str| office.post.join(name);
    raw.sign(&payload, &file("raw.sig"), "rs");
    der.sign(&payload, &file("der.sig"), "openssl");
    assert_eq!(fs::read(file("raw.sig")).unwrap().len(), 64);
    assert_eq!(fs::read(file("der.sig")).unwrap()[0], 0x30);
    rsa.sign(&payload, &file("rsa.bin"), &[]);
    // As people wrap it.
    let base64 = std::process::Command::new("openssl")
        .args(["base64", "-in", file("rsa.bin").to_str().unwrap()])
        .output()
        .unwrap();
    let base64 = String::from_utf8(base64.stdout).unwrap();
    let pem = format!("-----BEGIN SIGNATURE-----\n{base64}-----END SIGNATURE-----\n");
    fs::write(file("rsa.pem"), pem).unwrap();
    ed25519.sign(&payload, &file("ed.bin"), &[]);
    let hex = hex::encode_upper(fs::read(file("ed.bin")).unwrap());
    fs::write(file("ed.hex"), format!("{hex}\r\n")).unwrap();
    library.sign_with_python(&python, &payload, &file("library.json"));

    // Another agent, which gets the draft alone.
    let there = sent(&draft, &other);
    let shown = other.client.ok("draft show root-1.draft.json");
    for expected in [
        "root keys of root version 1: 0 of 6 signatures",
        "missing  other (",
        "root: 6 of 6 keys",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    other.client.ok("draft sign root-1.draft.json --yes");

    let first = office.attached(&[&file("raw.sig"), &file("der.sig"), &file("rsa.pem")]);
    assert!(
        first.contains("root keys of root version 1: 3 of 6 signatures\n"),
        "{first}"
    );
    assert!(first.contains("missing  ed ("), "{first}");
    let rest = office.attached(&[&file("ed.hex"), &file("library.json"), &there]);
    let expected = format!(
        "signed by other ({}), token other (serial {}) as the file says",
        keyid(&office, "other"),
        other.token.serial()
    );
    assert!(rest.contains(&expected), "{expected}: {rest}");
    assert!(
        rest.contains("root keys of root version 1: 6 of 6 signatures, enough"),
        "{rest}"
    );
    // Once more changes nothing.
    let draft = fs::read(office.project.join("draft/root.json")).unwrap();
    let again = office.attached(&[&file("raw.sig")]);
    assert!(again.contains("was signed already by raw"), "{again}");
    assert_eq!(
        fs::read(office.project.join("draft/root.json")).unwrap(),
        draft
    );

    office.repo("enroll");
    office.sign_and_publish();
    office.assert_accepted(&python, 1);

    // Every other encoding of pkcs11-tool and openssl, on the next root.
    office.repo("renew root");
    let (draft, payload) = office.export("root-2");
    raw.sign(&payload, &file("raw.sig"), "sequence");
    der.sign(&payload, &file("der.sig"), "rs");
    rsa.sign(&payload, &file("rsa.bin"), &[]);
    ed25519.sign(&payload, &file("ed.bin"), &[]);
    library.sign(&payload, &file("library.hex"), &["-hex"]);
    sent(&draft, &other);
    other.client.ok("draft sign root-2.draft.json --yes");
    let back = other.client.home().join("root-2.draft.json");
    let files = ["raw.sig", "der.sig", "rsa.bin", "ed.bin", "library.hex"].map(file);
    let mut files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    files.push(&back);
    let told = office.attached(&files);
    for version in [1, 2] {
        let expected = format!("root keys of root version {version}: 6 of 6 signatures, enough");
        assert!(told.contains(&expected), "{expected}: {told}");
    }
    office.sign_and_publish();
    office.assert_accepted(&python, 2);
}
