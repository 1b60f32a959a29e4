use std::fs;

use super::*;
use crate::trust::reference::Gun;
use crate::trust::server::{Server, ServerError};
use crate::trust::settings::{Environment, Origin, ServerSettings, Tls};
use crate::trust::testing::{Asked, Deed, Script, ok, refuse};

const CONFIG: &str = r#"{"auths": {
    "reg.test": {"auth": "YWRhOnNlY3JldA=="},
    "https://url.test/v1/": {"auth": "YWRhOnNlY3JldA"},
    "https://index.docker.io/v1/": {"username": "ada", "password": "hub"},
    "token.test": {"auth": "YWRhOg==", "identitytoken": "an identity"},
    "bad.test": {"auth": "%%%"},
    "empty.test": {}
}, "credHelpers": {"helped.test": "of-the-test"}}"#;

/// A user with this `config.json`.
fn logins(directory: &tempfile::TempDir, config: &str) -> Logins {
    fs::write(directory.path().join("config.json"), config).unwrap();
    let mut environment = Environment::below(directory.path(), "/nonexistent".into());
    environment.docker = directory.path().to_owned();
    Logins::of(&environment)
}

fn password(login: Option<Login>) -> (String, String) {
    match login.unwrap() {
        Login::Password { user, password } => (user, password.expose_secret().to_owned()),
        Login::IdentityToken(token) => ("<token>".to_owned(), token.expose_secret().to_owned()),
    }
}

#[tokio::test]
async fn docker_s_logins_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let logins = logins(&directory, CONFIG);
    let of = async |gun: &str| logins.of_registry(&gun.parse().unwrap()).await;
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        password(of("reg.test/a").await.unwrap()),
        pair("ada", "secret")
    );
    assert_eq!(
        password(of("url.test/a").await.unwrap()),
        pair("ada", "secret")
    );
    assert_eq!(
        password(of("docker.io/library/a").await.unwrap()),
        pair("ada", "hub")
    );
    assert_eq!(
        password(of("token.test/a").await.unwrap()),
        pair("<token>", "an identity")
    );
    for none in ["empty.test/a", "reg.test:5000/a", "collection"] {
        assert!(of(none).await.unwrap().is_none(), "{none}");
    }
    assert!(
        of("bad.test/a")
            .await
            .unwrap_err()
            .to_string()
            .contains("bad.test")
    );
    let gun = "reg.test/a".parse().unwrap();
    assert_eq!(logins.user_of(&gun).await.unwrap().as_deref(), Some("ada"));
    // The trust server's own comes first, then the registry's.
    let own = logins.of_server("token.test", &gun).await.unwrap();
    assert_eq!(password(own).0, "<token>");
    let other = logins.of_server("notary.test:4443", &gun).await.unwrap();
    assert_eq!(password(other), pair("ada", "secret"));
}

#[tokio::test]
async fn notary_s_variable_is_for_trust_servers() {
    let directory = tempfile::tempdir().unwrap();
    let mut logins = logins(&directory, CONFIG);
    let gun: Gun = "reg.test/a".parse().unwrap();
    logins.notary_auth = Some("Ym9iOm90aGVy".into());
    let found = logins.of_server("notary.test", &gun).await.unwrap();
    assert_eq!(password(found), ("bob".to_owned(), "other".to_owned()));
    let found = logins.of_registry(&gun).await.unwrap();
    assert_eq!(password(found).0, "ada");
    logins.notary_auth = Some("not base64 of two".into());
    let error = logins.of_server("notary.test", &gun).await.unwrap_err();
    assert_eq!(error, LoginError::NotaryAuth);
}

#[test]
fn a_broken_config_is_named_and_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    for config in [
        "{",
        r#"{"auths": {"reg.test": {"password": 5, "auth": "c2VjcmV0"}}}"#,
        r#"{"auths": "c2VjcmV0"}"#,
    ] {
        let logins = logins(&directory, config);
        let error = DockerConfig::read(&logins.docker).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("config.json") && !shown.contains("c2VjcmV0"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn credential_helpers_are_asked() {
    let name = format!("of-the-test{}", std::process::id());
    // A name of this process's own, since a helper is found in PATH alone.
    let error = helper::ask(&name, "reg.test").await.unwrap_err();
    assert!(error.to_string().contains("can't be run"), "{error}");
    for bad in ["../x", "a b", "a/b"] {
        let error = helper::ask(bad, "reg.test").await.unwrap_err();
        assert!(error.to_string().contains("no program's"), "{error}");
    }
    let script = |text: &str| {
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", text, "helper"]);
        shell
    };
    let ask = async |text: &str| helper::ask_program(script(text), "of-the-test", "reg.test").await;
    let answer =
        r#"[ "$(cat)" = reg.test ] && [ "$1" = get ] && echo '{"Username":"ada","Secret":"s"}'"#;
    assert_eq!(password(ask(answer).await.unwrap()).0, "ada");
    let token = r#"echo '{"ServerURL":"x","Username":"<token>","Secret":"s"}'"#;
    assert_eq!(
        password(ask(token).await.unwrap()),
        ("<token>".to_owned(), "s".to_owned())
    );
    let nothing = "echo 'credentials not found in native keychain'; exit 1";
    assert!(ask(nothing).await.unwrap().is_none());
    let error = ask("printf 'locked \\033[2J'; exit 1")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("locked") && !error.contains('\u{1b}'),
        "{error}"
    );
    let error = ask("echo '{\"Secret\":\"hidden\"}'")
        .await
        .unwrap_err()
        .to_string();
    assert!(!error.contains("hidden"), "{error}");
    let error = ask("head -c 100000 /dev/zero")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("too much"), "{error}");
}

/// A trust server that gives a document for a token, and the place of the token.
fn guarded(realm: impl Fn(&str) -> String + Send + Sync + 'static) -> Script {
    Script::new(move |asked: &Asked| {
        let host = asked.header("host").unwrap();
        if asked.path.starts_with("/token") {
            return ok(br#"{"token": "a-token", "expires_in": 300}"#);
        }
        if asked.header("authorization") == Some("Bearer a-token") {
            return ok(b"document");
        }
        let challenge = format!(
            "Bearer realm=\"{}\",service=\"notary\",scope=\"*:*:*\"",
            realm(host)
        );
        Deed::Answer(401, vec![("WWW-Authenticate", challenge)], b"{}".to_vec())
    })
}

fn server(script: &Script, logins: Logins, token_hosts: &[&str]) -> Server {
    let settings = ServerSettings {
        url: script.url.clone(),
        origin: Origin::CommandLine,
        tls: Tls::default(),
        token_hosts: token_hosts.iter().map(|&host| host.to_owned()).collect(),
    };
    Server::new(&settings, logins).unwrap()
}

fn gun() -> Gun {
    "reg.test/app".parse().unwrap()
}

#[tokio::test]
async fn a_token_is_fetched_once_with_the_login() {
    let directory = tempfile::tempdir().unwrap();
    let script = guarded(|host| format!("http://{host}/token?x=1"));
    let server = server(&script, logins(&directory, CONFIG), &[]);
    for role in ["root", "timestamp"] {
        assert_eq!(
            server.fetch(&gun(), role).await.unwrap().unwrap(),
            "document"
        );
    }
    let asked = script.asked();
    let tokens: Vec<&Asked> = asked
        .iter()
        .filter(|it| it.path.starts_with("/token"))
        .collect();
    assert_eq!((asked.len(), tokens.len()), (4, 1), "{:?}", script.lines());
    assert_eq!(
        tokens[0].header("authorization"),
        Some("Basic YWRhOnNlY3JldA==")
    );
    let query = "/token?x=1&account=ada&scope=repository%3Areg.test%2Fapp%3Apull&service=notary";
    assert_eq!(tokens[0].path, query);
    // Another right is another token, and what the server would like it to be for counts for nothing.
    server
        .publish(&gun(), &[("root".to_owned(), bytes::Bytes::new())])
        .await
        .unwrap();
    let last = script
        .lines()
        .into_iter()
        .rfind(|line| line.contains("/token"));
    assert!(last.unwrap().contains("%3Apush%2Cpull&"));
}

#[tokio::test]
async fn an_identity_token_is_exchanged() {
    let directory = tempfile::tempdir().unwrap();
    let script = guarded(|host| format!("http://{host}/token"));
    let config = r#"{"auths": {"reg.test": {"identitytoken": "an identity"}}}"#;
    let server = server(&script, logins(&directory, config), &[]);
    server.fetch(&gun(), "root").await.unwrap();
    let asked = script.asked();
    let exchange = asked.iter().find(|it| it.path == "/token").unwrap();
    assert_eq!(
        (exchange.method.as_str(), exchange.header("authorization")),
        ("POST", None)
    );
    let body = String::from_utf8_lossy(&exchange.body);
    assert!(body.contains("refresh_token=an+identity"), "{body}");
    assert!(
        body.contains("scope=repository%3Areg.test%2Fapp%3Apull"),
        "{body}"
    );
}

#[tokio::test]
async fn a_password_does_not_go_where_nobody_sent_it() {
    let directory = tempfile::tempdir().unwrap();
    let thief = Script::new(|_| ok(br#"{"token": "a-token"}"#));
    let port = thief.url.port().unwrap();
    let realm = move |_: &str| format!("http://localhost:{port}/token");
    let guarded = guarded(realm);
    let with = |hosts: &[&str]| server(&guarded, logins(&directory, CONFIG), hosts);
    let error = with(&[]).fetch(&gun(), "root").await.unwrap_err();
    let foreign = |host: &str| matches!(&error, ServerError::Login(LoginError::ForeignRealm { host: it, .. }) if it == host);
    assert!(foreign("localhost"), "{error}");
    assert!(error.remedy().contains("token_hosts"));
    assert!(thief.asked().is_empty());
    // Where it was named, or where there is no password, it is asked.
    with(&["localhost"]).fetch(&gun(), "root").await.unwrap();
    assert!(thief.asked()[0].header("authorization").is_some());
    server(&guarded, Logins::none(), &[])
        .fetch(&gun(), "root")
        .await
        .unwrap();
    assert!(thief.asked()[1].header("authorization").is_none());
    for realm in [
        "http://auth.test/token",
        "nonsense",
        "https://a:b@auth.test/",
    ] {
        let script = self::guarded(move |_| realm.to_owned());
        let server = server(&script, logins(&directory, CONFIG), &["auth.test"]);
        let error = server.fetch(&gun(), "root").await.unwrap_err();
        assert!(
            matches!(error, ServerError::Login(LoginError::Realm { .. })),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_redirection_elsewhere_takes_neither_token_nor_password_along() {
    let directory = tempfile::tempdir().unwrap();
    let script = Script::new(|asked: &Asked| match asked.header("authorization") {
        Some(_) if !asked.path.ends_with("here") => {
            let location = vec![("Location", "https://localhost:1/here".to_owned())];
            Deed::Answer(307, location, Vec::new())
        }
        Some(_) => ok(b"no"),
        None => {
            let challenge = vec![("WWW-Authenticate", "Basic realm=\"x\"".to_owned())];
            Deed::Answer(401, challenge, Vec::new())
        }
    });
    let server = server(&script, logins(&directory, CONFIG), &[]);
    let error = server.fetch(&gun(), "root").await.unwrap_err();
    assert!(matches!(error, ServerError::Transport(_)), "{error}");
    let asked = script.asked();
    let basic = asked
        .iter()
        .filter_map(|it| it.header("authorization"))
        .next();
    assert_eq!(basic, Some("Basic YWRhOnNlY3JldA=="));
}

#[tokio::test]
async fn who_has_no_login_is_told_to_log_in() {
    let script = Script::new(|asked: &Asked| match asked.path.starts_with("/token") {
        true => refuse(401, "UNAUTHORIZED"),
        false => {
            let realm = format!(
                "Bearer realm=\"http://{}/token\"",
                asked.header("host").unwrap()
            );
            Deed::Answer(401, vec![("WWW-Authenticate", realm)], Vec::new())
        }
    });
    let error = server(&script, Logins::none(), &[])
        .fetch(&gun(), "root")
        .await
        .unwrap_err();
    assert!(
        matches!(error, ServerError::Login(LoginError::Missing { .. })),
        "{error}"
    );
    assert!(error.remedy().contains("docker login"));
    let directory = tempfile::tempdir().unwrap();
    let server = server(&script, logins(&directory, CONFIG), &[]);
    let error = server.fetch(&gun(), "root").await.unwrap_err();
    assert!(
        matches!(error, ServerError::Login(LoginError::NoToken { .. })),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn notary_s_login_goes_to_servers_that_somebody_set_down() {
    for (origin, is_sent) in [(Origin::Config, true), (Origin::Registry, false)] {
        let script = guarded(|host| format!("http://{host}/token"));
        let settings = ServerSettings {
            url: script.url.clone(),
            origin,
            tls: Tls::default(),
            token_hosts: Vec::new(),
        };
        let logins = Logins {
            notary_auth: Some(BASE64_STANDARD.encode("ada:secret").into()),
            ..Logins::none()
        };
        let server = Server::new(&settings, logins).unwrap();
        server.fetch(&gun(), "root").await.unwrap();
        let asked = script.asked();
        let token = asked
            .iter()
            .find(|it| it.path.starts_with("/token"))
            .unwrap();
        let sent = token.header("authorization");
        assert_eq!(sent, is_sent.then_some("Basic YWRhOnNlY3JldA=="));
    }
}
