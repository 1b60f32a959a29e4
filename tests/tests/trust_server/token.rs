use privyseal::trust::login::{LoginError, Logins};
use privyseal::trust::server::{Server, ServerError};
use privyseal_tests::notary::{Notary, TokenServer};

use super::stage::{AsksOwned, GUN, Stage, gun, publish};

fn guarded() -> Option<(Stage, TokenServer)> {
    let mut token = None;
    let stage = Stage::start(|ca| {
        token = Some(TokenServer::start(ca));
        AsksOwned {
            token: token.clone(),
            certificate: false,
        }
    })?;
    // The realm is `localhost`, the server 127.0.0.1: another host, which the user names.
    stage.config("token_hosts = [\"localhost\"]\n");
    Some((stage, token.unwrap()))
}

/// The user has this login for the image's registry, as `docker login` leaves it.
fn log_in(stage: &Stage, login: &str) {
    let config = format!(r#"{{"auths": {{"reg.example.test": {login}}}}}"#);
    stage.sandbox.write("home/.docker/config.json", config);
}

fn auth(user: (&str, &str)) -> String {
    format!(r#"{{"auth": "{}"}}"#, TokenServer::login(user))
}

/// The `notary` command publishes with the owner's login: what the token server gives is right.
fn publish_as_owner(stage: &Stage) -> Notary {
    let notary = stage.notary("notary").logged_in(TokenServer::OWNER);
    publish(&notary);
    notary
}

#[test]
fn a_reader_reads_and_does_not_write() {
    let Some((stage, token)) = guarded() else {
        return;
    };
    publish_as_owner(&stage);
    log_in(&stage, &auth(TokenServer::READER));
    drop(token.asked());
    let (runtime, gun, server) = (&stage.runtime, gun(), stage.connect());
    for role in ["root", "timestamp"] {
        runtime.block_on(server.fetch(&gun, role)).unwrap().unwrap();
    }
    let asked = token.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].user.as_deref(), Some("bob"));
    assert_eq!(asked[0].scope, format!("repository:{GUN}:pull"));
    let error = runtime.block_on(server.delete(&gun)).unwrap_err();
    assert!(matches!(error, ServerError::Unauthorized { .. }), "{error}");
    let documents = [("root".to_owned(), bytes::Bytes::from_static(b"{}"))];
    let error = runtime
        .block_on(server.publish(&gun, &documents))
        .unwrap_err();
    assert!(matches!(error, ServerError::Unauthorized { .. }), "{error}");
    runtime
        .block_on(server.fetch(&gun, "root"))
        .unwrap()
        .unwrap();
}

#[test]
fn an_owner_writes_by_password_and_by_identity_token() {
    let Some((stage, token)) = guarded() else {
        return;
    };
    let gun = gun();
    for login in [
        auth(TokenServer::OWNER),
        format!(r#"{{"identitytoken": "{}"}}"#, TokenServer::IDENTITY),
    ] {
        log_in(&stage, &login);
        let server = stage.connect();
        drop(token.asked());
        stage.runtime.block_on(server.delete(&gun)).unwrap();
        let asked = token.asked();
        assert_eq!(
            asked.last().unwrap().user.as_deref(),
            Some("ada"),
            "{asked:?}"
        );
        assert_eq!(asked.last().unwrap().scope, format!("repository:{GUN}:*"));
    }
}

#[test]
fn notary_s_variable_is_a_login_too() {
    let Some((stage, token)) = guarded() else {
        return;
    };
    publish_as_owner(&stage);
    drop(token.asked());
    let mut environment = stage.environment();
    environment.notary_auth = Some(TokenServer::login(TokenServer::OWNER).into());
    let server = Server::new(&stage.settings(), Logins::of(&environment)).unwrap();
    stage.runtime.block_on(server.delete(&gun())).unwrap();
    assert_eq!(token.asked().last().unwrap().user.as_deref(), Some("ada"));
}

#[test]
fn who_is_not_known_is_told() {
    let Some((stage, token)) = guarded() else {
        return;
    };
    publish_as_owner(&stage);
    drop(token.asked());
    let fetch = || {
        let server = stage.connect();
        stage
            .runtime
            .block_on(server.fetch(&gun(), "root"))
            .unwrap_err()
    };
    // Asked as anybody, and anybody may not.
    let error = fetch();
    assert!(matches!(error, ServerError::Unauthorized { .. }), "{error}");
    assert!(token.asked().iter().all(|asked| asked.user.is_none()));
    log_in(&stage, &auth(("ada", "a wrong password")));
    let error = fetch();
    assert!(
        matches!(error, ServerError::Login(LoginError::NoToken { .. })),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("wrong password"));
    // A password does not go to a host that nobody named.
    stage.config("");
    log_in(&stage, &auth(TokenServer::OWNER));
    drop(token.asked());
    let error = fetch();
    assert!(
        matches!(error, ServerError::Login(LoginError::ForeignRealm { .. })),
        "{error}"
    );
    assert!(token.asked().is_empty());
}
