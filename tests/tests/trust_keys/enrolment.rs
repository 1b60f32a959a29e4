//! Purpose, role, repository and algorithm of a key, at once and after a restart.

use privyseal_proto::v1::{EnrollKeyRequest, GenerateKeyRequest};
use privyseal_tests::setup::AUTHORITY;
use privyseal_tuf::{Key as TufKey, PublicKey};

use crate::stage::{GLOB, GUN, IMAGES, Stage, asked, reason, wanted};

#[test]
fn a_key_has_a_role_and_notarys_id_before_and_after_a_restart() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let operator = stage.operator();
    let made = [
        ("root-a", "root", GLOB, "ecdsa-p384"),
        (
            "signer-a",
            "delegation",
            "reg.example.test/team/*",
            "ed25519",
        ),
        ("team-t", "targets", GUN, "rsa-pss-2048"),
        ("team-s", "snapshot", GUN, "ecdsa-p256"),
    ];
    for (name, role, repository, algorithm) in made {
        let key = operator.generate_as(GenerateKeyRequest {
            algorithm: algorithm.to_owned(),
            ..wanted(name, role, repository)
        });
        let key = key.unwrap();
        assert_eq!(key.purpose, "trust");
        assert!(key.first_root.is_empty() && key.tuf_key.is_empty());
    }
    for restarted in [false, true] {
        if restarted {
            stage.tls.stage.agent.restart();
        }
        for (name, role, repository, algorithm) in made {
            let key = stage.listed(name);
            let told = [&*key.purpose, &key.role, &key.authority, &key.repository];
            assert_eq!(told, ["trust", role, IMAGES, repository]);
            assert_eq!(key.algorithm, algorithm);
            let public = PublicKey::from_spki_pem(&key.public_key).unwrap();
            let expected = TufKey::of_notary(&public).canonical_keyid().unwrap();
            assert_eq!(key.keyid, expected.to_string());
            assert!(key.usable);
        }
        // A grant for repositories under team/ covers the shared keys, and none of another place.
        let mut seen: Vec<_> = stage.ci().keys().unwrap();
        seen.sort_by(|one, other| one.name.cmp(&other.name));
        let seen: Vec<_> = seen.into_iter().map(|key| key.name).collect();
        assert_eq!(seen, ["root-a", "signer-a", "team-s", "team-t"]);
        // Shared keys may serve them, too: what a shared key is for, a glob says alone.
        let other: Vec<_> = stage.other().keys().unwrap();
        assert!(other.iter().all(|key| key.repository != GUN), "{other:?}");
    }
}

#[test]
fn a_key_signs_documents_of_its_role_and_repositories_alone() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    for (name, role, repository) in [
        ("root-a", "root", GLOB),
        ("root-b", "root", "reg.example.test/team/app"),
        ("signer-a", "delegation", GLOB),
        ("team-t", "targets", GUN),
        ("team-s", "snapshot", GUN),
    ] {
        stage
            .operator()
            .generate_as(wanted(name, role, repository))
            .unwrap();
    }
    let roles = ["root", "targets", "snapshot", "targets/releases"];
    let own = [("root-a", 0), ("team-t", 1), ("team-s", 2), ("signer-a", 3)];
    let ci = stage.ci();
    for (key, mine) in own {
        for (index, role) in roles.into_iter().enumerate() {
            let expected = match index == mine {
                // It is allowed, and then the document is read.
                true => "JSON_INVALID",
                false => "KEY_OF_OTHER_ROLE",
            };
            assert_eq!(asked(&ci, key, role, GUN), expected, "{key} {role}");
        }
        assert_eq!(asked(&ci, key, "timestamp", GUN), "NO_GRANT");
    }
    let beside = "reg.example.test/team/web";
    assert_eq!(asked(&ci, "root-a", "root", beside), "JSON_INVALID");
    assert_eq!(asked(&ci, "root-b", "root", beside), "KEY_OF_OTHER_LINEAGE");
    assert_eq!(
        asked(&ci, "team-t", "targets", beside),
        "KEY_OF_OTHER_LINEAGE"
    );
    assert_eq!(asked(&ci, "root-a", "root", "elsewhere.test/x"), "NO_GRANT");
    // Not where the other's grants are, either: the glob of the key ends before.
    let there = asked(&stage.other(), "root-a", "root", "elsewhere.test/x");
    assert_eq!(there, "KEY_OF_OTHER_LINEAGE");
    // What shared_keys no longer has serves no more.
    stage.rewrite("shared_keys = [\"root-*\", ", "shared_keys = [");
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    assert_eq!(asked(&ci, "root-a", "root", GUN), "KEY_NOT_SHARED");
    assert_eq!(asked(&ci, "root-b", "root", GUN), "JSON_INVALID");
}

#[test]
fn a_key_fits_its_authority_its_keystore_and_its_role() {
    let Some(stage) = Stage::new() else { return };
    let operator = stage.operator();
    let refused = |change: &dyn Fn(&mut GenerateKeyRequest)| {
        let mut request = wanted("root-x", "root", GUN);
        change(&mut request);
        let refusal = operator.generate_as(request).unwrap_err();
        (refusal.reason, refusal.message)
    };
    let expect = |reason: &str, word: &str, change: &dyn Fn(&mut GenerateKeyRequest)| {
        let (found, message) = refused(change);
        assert_eq!(found, reason, "{message}");
        assert!(message.contains(word), "{message}");
    };
    expect("REQUEST_MALFORMED", "trust", &|request| {
        request.purpose = "tuf".to_owned();
        request.role.clear();
    });
    expect("REQUEST_MALFORMED", "role", &|request| {
        request.purpose = "tuf".to_owned();
    });
    expect("REQUEST_MALFORMED", "tuf", &|request| {
        request.authority = AUTHORITY.to_owned();
    });
    for role in ["", "timestamp", "targets/releases", "Root"] {
        expect("REQUEST_MALFORMED", "role", &|request| {
            role.clone_into(&mut request.role)
        });
    }
    expect("REQUEST_MALFORMED", "first_root", &|request| {
        request.first_root = "ab".repeat(32);
    });
    expect("REQUEST_MALFORMED", "glob", &|request| {
        "reg.example.test/[a".clone_into(&mut request.repository);
    });
    for (name, role) in [
        ("team-x", "root"),
        ("root-x", "targets"),
        ("root-x", "snapshot"),
    ] {
        expect("KEY_NOT_SHARED", "shared_keys", &|request| {
            name.clone_into(&mut request.name);
            role.clone_into(&mut request.role);
            GLOB.clone_into(&mut request.repository);
        });
    }
    expect("KEY_UNSUPPORTED", "Ed25519", &|request| {
        "ed25519".clone_into(&mut request.algorithm);
    });
    let spec = GenerateKeyRequest {
        purpose: "tuf".to_owned(),
        authority: AUTHORITY.to_owned(),
        algorithm: "ecdsa-p384".to_owned(),
        role: String::new(),
        ..wanted("spec", "", "example.org/x")
    };
    let refusal = operator.generate_as(spec).unwrap_err();
    assert_eq!(refusal.reason, "KEY_UNSUPPORTED");
    assert!(refusal.message.contains("ecdsa-p384"), "{refusal:?}");
    assert!(
        operator
            .keys()
            .unwrap()
            .iter()
            .all(|key| key.purpose == "ledger")
    );
    // What is on the token already is enrolled by the same rules.
    let key = operator
        .generate_as(wanted("team-t", "targets", GUN))
        .unwrap();
    let again = operator.enroll_key(EnrollKeyRequest {
        keystore: "hsm".to_owned(),
        name: "team-again".to_owned(),
        object_id: key.object_id,
        purpose: "trust".to_owned(),
        authority: IMAGES.to_owned(),
        repository: GUN.to_owned(),
        first_root: String::new(),
        role: "snapshot".to_owned(),
    });
    assert_eq!(reason(again), "NAME_TAKEN");
}
