use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use privyseal::trust::server::{ServerError, ServerRole};
use serde_json::Value;

use super::stage::{GUN, Stage, gun, publish};

#[test]
fn what_notary_published_is_read_to_the_byte() {
    let Some(stage) = Stage::open() else { return };
    stage.config("");
    let server = stage.connect();
    let (runtime, gun) = (&stage.runtime, gun());
    runtime.block_on(server.ping(&gun)).unwrap();
    assert_eq!(runtime.block_on(server.fetch(&gun, "root")).unwrap(), None);
    assert_eq!(runtime.block_on(server.fetch_root(&gun, 1)).unwrap(), None);
    publish(&stage.notary("notary"));
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let fetched = runtime.block_on(server.fetch(&gun, role)).unwrap().unwrap();
        let expected = stage.server.file(GUN, &format!("{role}.json"));
        assert_eq!(fetched, expected, "{role}");
    }
    // As a client goes: each document names the next by its hash.
    let timestamp = runtime.block_on(server.fetch(&gun, "timestamp")).unwrap();
    let named = hash_of(&timestamp.unwrap(), "snapshot");
    let snapshot = runtime.block_on(server.fetch_by_hash(&gun, "snapshot", &named));
    let named = hash_of(&snapshot.unwrap().unwrap(), "targets");
    let targets = runtime.block_on(server.fetch_by_hash(&gun, "targets", &named));
    assert!(String::from_utf8_lossy(&targets.unwrap().unwrap()).contains("\"v1\""));
    let root = runtime
        .block_on(server.fetch_root(&gun, 1))
        .unwrap()
        .unwrap();
    assert_eq!(root, stage.server.file(GUN, "1.root.json"));
    assert_eq!(runtime.block_on(server.fetch_root(&gun, 2)).unwrap(), None);
    let none = runtime.block_on(server.fetch_by_hash(&gun, "targets", &[7; 32]));
    assert_eq!(none.unwrap(), None);
    // The server's own key is the one that the root names.
    let key = runtime
        .block_on(server.key(&gun, ServerRole::Timestamp))
        .unwrap();
    let public = BASE64_STANDARD.encode(&key.public);
    let root: Value = serde_json::from_slice(&root).unwrap();
    let id = root["signed"]["roles"]["timestamp"]["keyids"][0]
        .as_str()
        .unwrap();
    assert_eq!(root["signed"]["keys"][id]["keyval"]["public"], public);
    assert_eq!(root["signed"]["keys"][id]["keytype"], key.keytype.as_str());
}

#[test]
fn a_server_that_is_none_or_is_away_is_told_from_one_without_trust_data() {
    let Some(mut stage) = Stage::open() else {
        return;
    };
    stage.config("");
    let (gun, server) = (gun(), stage.connect());
    stage.server.stop();
    let error = stage
        .runtime
        .block_on(server.fetch(&gun, "root"))
        .unwrap_err();
    assert!(error.is_away(), "{error}");
    let error = stage.runtime.block_on(server.delete(&gun)).unwrap_err();
    assert!(matches!(error, ServerError::Transport(_)), "{error}");
    stage.server.resume();
    assert_eq!(
        stage.runtime.block_on(server.fetch(&gun, "root")).unwrap(),
        None
    );
}

fn hash_of(document: &[u8], role: &str) -> [u8; 32] {
    let document: Value = serde_json::from_slice(document).unwrap();
    let hash = document["signed"]["meta"][role]["hashes"]["sha256"].as_str();
    let hash = BASE64_STANDARD.decode(hash.unwrap()).unwrap();
    hash.try_into().unwrap()
}
