//! Keys that were files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use privyseal_tests::notary::PASSPHRASE;

use crate::stage::{Stage, openssl};

#[test]
fn what_docker_and_notary_keep_is_loaded() {
    let Some(stage) = Stage::start() else { return };
    let docker = stage.stack.docker();
    docker.ok(&["trust", "key", "generate", "signer-alice"]);
    let gun = "reg.example.test/demo/web";
    docker.ok(&[
        "trust",
        "signer",
        "add",
        "--key",
        "signer-alice.pub",
        "alice",
        gun,
    ]);
    let mut names = Vec::new();
    for entry in fs::read_dir(docker.trust().join("private")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let role = text
            .lines()
            .find_map(|line| line.strip_prefix("role: "))
            .unwrap();
        let named = if role == "root" {
            "--name root-old"
        } else {
            ""
        };
        let passphrase = stage.run(&format!("load {} {named}", path.display()));
        assert_eq!(passphrase.status, 0, "{passphrase:#?}");
        let keyid = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(passphrase.stdout.contains(&keyid), "{passphrase:#?}");
        assert!(
            passphrase.stderr.contains("was not made in the token"),
            "{passphrase:#?}"
        );
        assert!(
            passphrase
                .stderr
                .contains(&format!("shred -u {}", path.display()))
        );
        names.push(role.to_owned());
    }
    names.sort();
    assert_eq!(names, ["root", "signer-alice", "targets"]);
    let alice = stage.listed("signer-alice").unwrap();
    assert_eq!(alice["made_on_device"], false);
    let public = fs::read_to_string(docker.config().join("signer-alice.pub")).unwrap();
    assert_eq!(stage.ok("export signer-alice"), public);
    let keys = stage.ok("list");
    assert!(keys.contains("NOT MADE ON DEVICE"), "{keys}");
    let targets = stage.ok("list --role targets --json");
    assert!(targets.contains(gun), "{targets}");

    let notary = stage.stack.notary();
    let public = notary.generate_key("signer-bob");
    let private = fs::read_dir(notary.trust().join("private")).unwrap();
    for entry in private {
        let path = entry.unwrap().path();
        stage.ok(&format!("load {}", path.display()));
    }
    let public = openssl(&format!(
        "pkey -pubin -noout -text -in {}",
        public.display()
    ));
    let exported = stage.private("bob.pub", stage.ok("export signer-bob").as_bytes());
    let plain = fs::read_to_string(&exported)
        .unwrap()
        .replace("role: signer-bob\n\n", "");
    fs::write(&exported, plain).unwrap();
    let loaded = openssl(&format!(
        "pkey -pubin -noout -text -in {}",
        exported.display()
    ));
    assert_eq!(loaded, public);
}

#[test]
fn what_openssl_makes_is_loaded() {
    let Some(stage) = Stage::start() else { return };
    let pass = stage.private("pass", PASSPHRASE.as_bytes());
    let pass = pass.display();
    for (name, made) in [
        (
            "signer-p256",
            "ecparam -name prime256v1 -genkey -out".to_owned(),
        ),
        (
            "signer-p384",
            format!(
                "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -aes-256-cbc -pass file:{pass} -out"
            ),
        ),
        ("signer-rsa", "genrsa -traditional -out".to_owned()),
        ("signer-ed", "genpkey -algorithm ED25519 -out".to_owned()),
    ] {
        let path = stage.private(&format!("{name}.pem"), b"");
        let shown = path.display();
        openssl(&format!("{made} {shown}"));
        stage.ok(&format!("load {shown} --name {name}"));
        let public = openssl(&format!("pkey -in {shown} -passin file:{pass} -pubout"));
        let exported = stage.ok(&format!("export {name}"));
        assert_eq!(exported.replace(&format!("role: {name}\n\n"), ""), public);
    }
}

#[test]
fn bad_files_and_passphrases_are_refused_with_what_to_do() {
    let Some(stage) = Stage::start() else { return };
    let notary = stage.stack.notary();
    drop(notary.generate_key("signer-bob"));
    let entry = fs::read_dir(notary.trust().join("private")).unwrap().next();
    let path = entry.unwrap().unwrap().path();
    let shown = path.display();
    let wrong = stage.run_with(&format!("load {shown}"), "not the passphrase");
    wrong.assert_refused(
        1,
        "the passphrase in DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE is wrong",
    );
    let nobody = stage.run_with(&format!("load {shown}"), "");
    nobody.assert_refused(1, "there is no terminal to type its passphrase on");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    stage
        .run(&format!("load {shown}"))
        .assert_refused(1, &format!("chmod 600 {shown}"));
    let none = stage.private("none.pem", b"nothing");
    stage
        .run(&format!("load {}", none.display()))
        .assert_refused(1, "no private key in it");
    let plain = stage.private("plain.pem", b"");
    openssl(&format!(
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out {}",
        plain.display()
    ));
    stage
        .run(&format!("load {}", plain.display()))
        .assert_refused(1, "on the curve 1.3.132.0.35");
    assert!(stage.listed("signer-bob").is_none());
}
