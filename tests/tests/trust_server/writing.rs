use privyseal::trust::server::{ServerError, ServerRole};
use privyseal_tests::notary::Notary;

use super::stage::{GUN, Stage, gun, publish};

/// What the server holds, each document with its role, the delegated one as well.
fn documents(stage: &Stage) -> Vec<(String, bytes::Bytes)> {
    let roles = ["root", "targets", "targets/releases", "snapshot"];
    let read = |role: &str| {
        let bytes = stage.server.file(GUN, &format!("{role}.json"));
        (role.to_owned(), bytes.into())
    };
    roles.map(read).into()
}

fn publish_with_delegation(notary: &Notary) {
    publish(notary);
    let key = notary.generate_key("releases");
    let delegation = ["delegation", "add", GUN, "targets/releases"];
    notary.ok(&[
        &delegation[..],
        &[key.to_str().unwrap(), "--all-paths", "--publish"],
    ]
    .concat());
    let target = ["addhash", GUN, "v2", "7", "--sha256"];
    let hash = "ab".repeat(32);
    notary.ok(&[
        &target[..],
        &[hash.as_str(), "--roles", "targets/releases", "--publish"],
    ]
    .concat());
}

#[test]
fn a_repository_is_deleted_and_published_again() {
    let Some(stage) = Stage::open() else { return };
    stage.config("");
    let notary = stage.notary("notary");
    publish_with_delegation(&notary);
    let documents = documents(&stage);
    let (runtime, gun, server) = (&stage.runtime, gun(), stage.connect());
    runtime.block_on(server.delete(&gun)).unwrap();
    assert_eq!(runtime.block_on(server.fetch(&gun, "root")).unwrap(), None);
    runtime.block_on(server.publish(&gun, &documents)).unwrap();
    for (role, bytes) in &documents {
        let fetched = runtime.block_on(server.fetch(&gun, role)).unwrap().unwrap();
        assert_eq!(fetched, bytes, "{role}");
    }
    // A client that has seen nothing takes it from there.
    let listed = stage.notary("reader").ok(&["list", GUN]);
    assert!(
        listed.contains("v1") && listed.contains("targets/releases"),
        "{listed}"
    );
}

#[test]
fn the_server_says_what_it_does_not_take() {
    let Some(stage) = Stage::open() else { return };
    stage.config("");
    let notary = stage.notary("notary");
    publish_with_delegation(&notary);
    let documents = documents(&stage);
    let (runtime, gun, server) = (&stage.runtime, gun(), stage.connect());
    // What is there already.
    let error = runtime
        .block_on(server.publish(&gun, &documents[1..]))
        .unwrap_err();
    assert!(
        matches!(error, ServerError::VersionConflict { .. }),
        "{error}"
    );
    let error = runtime
        .block_on(server.publish(&gun, &documents))
        .unwrap_err();
    assert!(
        matches!(
            error,
            ServerError::InvalidUpdate { .. } | ServerError::VersionConflict { .. }
        ),
        "{error}"
    );
    // What its signers did not sign.
    let (role, targets) = &documents[1];
    let text = String::from_utf8(targets.to_vec()).unwrap();
    let version = serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let version = &version["signed"]["version"];
    let spoilt = text.replace(&format!("\"version\":{version}"), "\"version\":99");
    assert_ne!(text, spoilt);
    let spoilt = [(role.clone(), spoilt.into())];
    let error = runtime.block_on(server.publish(&gun, &spoilt)).unwrap_err();
    let ServerError::InvalidUpdate { kind, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(kind.as_deref(), Some("ErrBadTargets"), "{error}");
    // What is no document.
    let nothing = [("targets".to_owned(), bytes::Bytes::from_static(b"[]"))];
    let error = runtime
        .block_on(server.publish(&gun, &nothing))
        .unwrap_err();
    assert!(!matches!(error, ServerError::Uncertain { .. }), "{error}");
    // A role that there is not.
    let nobody = [("nobody".to_owned(), documents[1].1.clone())];
    let error = runtime.block_on(server.publish(&gun, &nobody)).unwrap_err();
    assert!(matches!(error, ServerError::Refused { .. }), "{error}");
    let listed = stage.notary("reader").ok(&["list", GUN]);
    assert!(listed.contains("v1"), "{listed}");
}

#[test]
fn a_new_key_of_the_server_is_another_one() {
    let Some(stage) = Stage::open() else { return };
    stage.config("");
    publish(&stage.notary("notary"));
    let (runtime, gun, server) = (&stage.runtime, gun(), stage.connect());
    let role = ServerRole::Timestamp;
    let old = runtime.block_on(server.key(&gun, role)).unwrap();
    let new = runtime.block_on(server.rotate_key(&gun, role)).unwrap();
    assert_ne!(old, new);
    assert_eq!(new.keytype, "ed25519");
    assert_eq!(new.public.len(), 32);
}
