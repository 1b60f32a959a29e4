use std::fs;

use privyseal::trust::http::TransportKind;
use privyseal::trust::server::ServerError;
use privyseal_tests::certificates::{Ca, Leaf};

use super::stage::{AsksOwned, Stage, gun};

fn kind(error: &ServerError) -> Option<TransportKind> {
    match error {
        ServerError::Transport(error) => Some(error.kind()),
        _ => None,
    }
}

fn asking() -> Option<Stage> {
    Stage::start(|_| AsksOwned {
        token: None,
        certificate: true,
    })
}

#[test]
fn a_certificate_is_verified_on_the_loopback_interface_too() {
    let Some(stage) = Stage::open() else { return };
    let fetch = || {
        let server = stage.connect();
        stage.runtime.block_on(server.fetch(&gun(), "root"))
    };
    let server = format!("server = \"{}\"\n", stage.server.url());
    stage
        .sandbox
        .write("home/config.toml", format!("[trust]\n{server}"));
    let error = fetch().unwrap_err();
    assert_eq!(kind(&error), Some(TransportKind::Unproven), "{error}");
    assert!(error.remedy().contains("ca"), "{}", error.remedy());
    // The directory that docker has for it.
    let host = stage.server.url().strip_prefix("https://").unwrap();
    let directory = format!("home/.docker/tls/{host}/anything.crt");
    stage
        .sandbox
        .write(&directory, fs::read(stage.ca.path()).unwrap());
    assert_eq!(fetch().unwrap(), None);
    // A CA that is named is the only one.
    let other = Ca::new(&stage.sandbox, "other").path();
    let ca = format!("ca = \"{}\"\n", other.display());
    stage
        .sandbox
        .write("home/config.toml", format!("[trust]\n{server}{ca}"));
    let error = fetch().unwrap_err();
    assert_eq!(kind(&error), Some(TransportKind::Unproven), "{error}");
    // As notary has it.
    stage.sandbox.write("home/config.toml", "");
    fs::remove_file(stage.sandbox.join(&directory)).unwrap();
    let notary = format!(
        r#"{{"remote_server": {{"url": "{}", "root_ca": "{}"}}}}"#,
        stage.server.url(),
        stage.ca.path().display()
    );
    stage.sandbox.write("home/.notary/config.json", notary);
    assert_eq!(fetch().unwrap(), None);
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_ours() {
    let Some(stage) = asking() else { return };
    let fetch = || {
        let server = stage.try_connect()?;
        stage.runtime.block_on(server.fetch(&gun(), "root"))
    };
    stage.config("");
    let error = fetch().unwrap_err();
    assert_eq!(kind(&error), Some(TransportKind::Unproven), "{error}");
    assert!(
        error.to_string().contains("certificate of yours"),
        "{error}"
    );
    let ours = stage.ca.client("ada", &[]);
    let named = |certificate: &std::path::Path, key: &std::path::Path| {
        let (certificate, key) = (certificate.display(), key.display());
        stage.config(&format!(
            "certificate = \"{certificate}\"\nkey = \"{key}\"\n"
        ));
    };
    named(&ours.certificate, &ours.key);
    assert_eq!(fetch().unwrap(), None);
    let strange = Ca::new(&stage.sandbox, "strange").issue("eve", Leaf::client(&[]));
    named(&strange.certificate, &strange.key);
    let error = fetch().unwrap_err();
    assert_eq!(kind(&error), Some(TransportKind::Unproven), "{error}");
    named(&ours.certificate, &strange.key);
    let error = fetch().unwrap_err();
    assert_eq!(kind(&error), Some(TransportKind::File), "{error}");
    // A key that others may read is no secret.
    let open = stage
        .sandbox
        .write("open.key", fs::read(&ours.key).unwrap());
    named(&ours.certificate, &open);
    let error = fetch().unwrap_err();
    assert!(error.to_string().contains("read by others"), "{error}");
    named(&ours.certificate, &stage.sandbox.join("nowhere.key"));
    let error = fetch().unwrap_err();
    assert!(error.to_string().contains("nowhere.key"), "{error}");
}

#[test]
fn an_upload_to_a_server_that_does_not_know_us_was_not_made() {
    let Some(stage) = asking() else { return };
    stage.config("");
    let documents = [("root".to_owned(), bytes::Bytes::from_static(b"{}"))];
    let publish = stage.connect();
    let published = stage.runtime.block_on(publish.publish(&gun(), &documents));
    let error = published.unwrap_err();
    assert_eq!(kind(&error), Some(TransportKind::Unproven), "{error}");
}
