//! Who may be root, by what people wrote down.

use std::fs;
use std::path::Path;

use privyseal_tests::notary::TrustStage;
use serde_json::{Value, json};

use crate::reader::Reader;

#[test]
fn pins_of_mirantis_notary_and_our_own_hold() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/web");
    let signed = stage.docker_signed(&gun, &["v1"]);
    let name = &signed.names()[0];
    // Files of private keys are named by the ids of the bare keys.
    let (_, file) = signed
        .keys()
        .into_iter()
        .find(|(role, _)| role == "root")
        .unwrap();
    let root_key = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let inspected = stage.docker().ok(&["trust", "inspect", &gun]);
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    let certificate = inspected[0]["AdministrativeKeys"][0]["Keys"][0]["ID"].clone();
    let wrong = "ab".repeat(32);
    let wildcard = format!("{}/*", gun.rsplit_once('/').unwrap().0);

    let daemon = |mode: &str, pins: Value| {
        json!({ "content-trust": { "mode": mode, "trust-pinning": pins } }).to_string()
    };
    let notary = |pins: Value| json!({ "trust_pinning": pins }).to_string();
    let file = [
        "daemon.json",
        ".notary/config.json",
        "config/privyseal/config.toml",
    ];
    let [by_daemon, by_notary, own] = file;
    for (number, (place, content, exit)) in [
        (
            by_daemon,
            daemon("enforced", json!({ "root-keys": { &gun: [root_key] } })),
            0,
        ),
        (
            by_daemon,
            daemon(
                "enforced",
                json!({ "root-keys": { &wildcard: [root_key] } }),
            ),
            0,
        ),
        (
            by_daemon,
            daemon("enforced", json!({ "cert-ids": { &gun: [certificate] } })),
            0,
        ),
        (
            by_daemon,
            daemon("enforced", json!({ "root-keys": { &gun: [wrong] } })),
            15,
        ),
        (
            by_daemon,
            daemon(
                "enforced",
                json!({ "root-keys": { &wildcard: [root_key] }, "cert-ids": { &gun: [wrong] } }),
            ),
            15,
        ),
        (
            by_daemon,
            daemon(
                "enforced",
                json!({ "root-keys": { "other.example.test/*": [root_key] } }),
            ),
            15,
        ),
        (
            by_daemon,
            daemon("permissive", json!({ "root-keys": { &gun: [wrong] } })),
            0,
        ),
        (
            by_daemon,
            daemon("disabled", json!({ "root-keys": { &gun: [wrong] } })),
            0,
        ),
        (by_daemon, daemon("enforced", json!({})), 1),
        (
            by_notary,
            notary(json!({ "certs": { &gun: [certificate] }, "disable_tofu": true })),
            0,
        ),
        (by_notary, notary(json!({ "certs": { &gun: [wrong] } })), 15),
        (by_notary, notary(json!({ "disable_tofu": true })), 15),
        (
            own,
            format!("[trust.pinning.root-keys]\n\"{gun}\" = [\"{root_key}\"]\n"),
            0,
        ),
        (
            own,
            format!("[trust.pinning.cert-ids]\n\"{gun}\" = [\"{wrong}\"]\n"),
            15,
        ),
        (own, "[trust.pinning]\nmoed = \"enforced\"\n".to_owned(), 1),
    ]
    .into_iter()
    .enumerate()
    {
        let reader = Reader::new(&stage.sandbox, &format!("reader-{number}"), &stage.stack);
        let path = reader.home().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &content).unwrap();
        let answer = reader.run(&["verify", name]);
        assert_eq!(answer.status, exit, "{content}: {answer:#?}");
        assert_eq!(
            answer.stderr.contains("permissive"),
            content.contains("permissive")
        );
        if exit == 15 {
            assert!(
                answer
                    .stderr
                    .contains(Path::new(place).file_name().unwrap().to_str().unwrap())
            );
        }
    }

    // Pins that are written down later hold for what was trusted before.
    let reader = Reader::new(&stage.sandbox, "early", &stage.stack);
    reader.ok(&["verify", name]);
    let content = daemon("enforced", json!({ "root-keys": { &gun: [wrong] } }));
    fs::write(reader.home().join("daemon.json"), content).unwrap();
    reader.refused(name, 15, "pin-mismatch");
}
