use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::failure::Advice;
use crate::trust::http::TransportKind;
use crate::trust::settings::{Origin, Tls};
use crate::trust::testing::{Asked, Deed, Script, impatient, ok, refuse};

fn gun() -> Gun {
    "reg.test/app".parse().unwrap()
}

fn server(url: &Url) -> Server {
    let settings = ServerSettings {
        url: url.clone(),
        origin: Origin::CommandLine,
        tls: Tls::default(),
        token_hosts: Vec::new(),
    };
    let limits = Limits {
        metadata: 100_000,
        timestamp: 1000,
        key: 1000,
    };
    Server::with(&settings, Logins::none(), limits, impatient()).unwrap()
}

async fn fetch(
    deed: impl Fn(&Asked) -> Deed + Send + Sync + 'static,
) -> Result<Option<Bytes>, ServerError> {
    server(&Script::new(deed).url).fetch(&gun(), "root").await
}

async fn publish(deed: impl Fn(&Asked) -> Deed + Send + Sync + 'static) -> Result<(), ServerError> {
    let documents = [("root".to_owned(), Bytes::from_static(b"{}"))];
    server(&Script::new(deed).url)
        .publish(&gun(), &documents)
        .await
}

/// What the ping gets, and everything else this.
fn after_ping(deed: impl Fn(&Asked) -> Deed) -> impl Fn(&Asked) -> Deed {
    move |asked| match asked.path.as_str() {
        "/v2/" => ok(b"{}"),
        _ => deed(asked),
    }
}

#[tokio::test]
async fn documents_are_asked_for_where_they_are() {
    let script = Script::new(|_| ok(b"document"));
    let server = server(&script.url);
    let sha256 = *Digest::of(b"document").as_bytes();
    assert_eq!(
        server.fetch(&gun(), "targets/a").await.unwrap().unwrap(),
        "document"
    );
    server
        .fetch_by_hash(&gun(), "snapshot", &sha256)
        .await
        .unwrap()
        .unwrap();
    server.fetch_root(&gun(), 7).await.unwrap().unwrap();
    let tuf = "GET /v2/reg.test/app/_trust/tuf";
    let hash = hex::encode(sha256);
    let expected = [
        format!("{tuf}/targets/a.json"),
        format!("{tuf}/snapshot.{hash}.json"),
        format!("{tuf}/7.root.json"),
    ];
    assert_eq!(script.lines(), expected);
    assert!(
        script
            .asked()
            .iter()
            .all(|asked| asked.header("authorization").is_none())
    );
    assert!(
        script
            .asked()
            .iter()
            .all(|asked| asked.header("accept-encoding").is_none())
    );
    let error = server
        .fetch_by_hash(&gun(), "root", &[7; 32])
        .await
        .unwrap_err();
    assert!(matches!(error, ServerError::WrongHash { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_none_and_a_stranger_is_no_answer() {
    assert_eq!(
        fetch(|_| refuse(404, "METADATA_NOT_FOUND")).await.unwrap(),
        None
    );
    let error = fetch(|_| Deed::Answer(404, Vec::new(), b"404 page not found".to_vec())).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, ServerError::NotATrustServer { status: 404, .. }),
        "{error}"
    );
    let error = fetch(|_| refuse(404, "INVALID_GUN")).await.unwrap_err();
    assert!(matches!(error, ServerError::InvalidName { .. }), "{error}");
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again_and_then_left() {
    let count = AtomicUsize::new(0);
    let found = fetch(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => refuse(500, "UNKNOWN"),
        1 => Deed::Cut,
        _ => ok(b"yes"),
    });
    assert_eq!(found.await.unwrap().unwrap(), "yes");
    let error = fetch(|_| refuse(503, "UNKNOWN")).await.unwrap_err();
    assert!(
        matches!(error, ServerError::Trouble { .. }) && error.is_away(),
        "{error}"
    );
    let error = fetch(|_| Deed::Silence).await.unwrap_err();
    assert!(
        error.to_string().contains("in time") && error.is_away(),
        "{error}"
    );
}

#[tokio::test]
async fn no_more_is_read_than_a_document_may_have() {
    let too_large = |error: ServerError| match error {
        ServerError::Transport(error) => error.kind() == TransportKind::TooLarge,
        _ => false,
    };
    let announced =
        fetch(|_| Deed::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n".to_vec()));
    assert!(too_large(announced.await.unwrap_err()));
    assert!(too_large(fetch(|_| Deed::Endless).await.unwrap_err()));
    let script = Script::new(|_| ok(&[b'x'; 1001]));
    let error = server(&script.url).fetch(&gun(), "timestamp").await;
    assert!(too_large(error.unwrap_err()));
    // Nor of a refusal, which is one all the same.
    let long = || Deed::Answer(403, Vec::new(), vec![b'x'; 10_000_000]);
    let error = fetch(move |_| long()).await.unwrap_err();
    assert!(matches!(error, ServerError::Unauthorized { .. }));
    assert!(error.to_string().len() < 1000);
    // What would grow when it is unpacked is left packed.
    let packed = || {
        Deed::Answer(
            200,
            vec![("Content-Encoding", "gzip".to_owned())],
            b"x".to_vec(),
        )
    };
    assert_eq!(fetch(move |_| packed()).await.unwrap().unwrap(), "x");
}

#[tokio::test]
async fn what_breaks_off_or_is_no_http_is_not_taken() {
    for raw in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nyes"[..],
        b"SSH-2.0-x\r\n",
        b"\0\0\0",
    ] {
        let error = fetch(move |_| Deed::Raw(raw.to_vec())).await.unwrap_err();
        assert!(matches!(error, ServerError::Transport(_)), "{error}");
    }
}

#[tokio::test]
async fn redirections_lead_to_no_plain_http_elsewhere_and_end() {
    let to =
        |location: &str| Deed::Answer(302, vec![("Location", location.to_owned())], Vec::new());
    let found = fetch(move |asked| match asked.path.as_str() {
        "/there" => ok(b"yes"),
        _ => to("/there"),
    });
    assert_eq!(found.await.unwrap().unwrap(), "yes");
    let elsewhere = Script::new(|_| ok(b"no"));
    let url = elsewhere.url.to_string();
    for (location, reason) in [
        ("/loop".to_owned(), "more than 5"),
        (url, "not https"),
        ("file:///etc/passwd".to_owned(), "not https"),
        ("http://".to_owned(), "no URL"),
    ] {
        let error = fetch(move |_| to(&location)).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert!(elsewhere.asked().is_empty());
    // Nothing that changes something is sent on.
    let error = publish(after_ping(move |_| to("/there")))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ServerError::NotATrustServer { status: 302, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn documents_go_up_together_each_under_its_role() {
    let script = Script::new(|_| ok(b""));
    let documents = [
        ("root".to_owned(), Bytes::from_static(b"{\"a\":1}")),
        ("targets/releases".to_owned(), Bytes::from_static(b"{}")),
    ];
    server(&script.url)
        .publish(&gun(), &documents)
        .await
        .unwrap();
    let tuf = "/v2/reg.test/app/_trust/tuf/";
    assert_eq!(
        script.lines(),
        ["GET /v2/".to_owned(), format!("POST {tuf}")]
    );
    let body = String::from_utf8(script.asked()[1].body.clone()).unwrap();
    assert!(
        body.contains("filename=\"root\"\r\n\r\n{\"a\":1}\r\n"),
        "{body}"
    );
    assert!(
        body.contains("filename=\"targets/releases\"\r\n\r\n{}\r\n"),
        "{body}"
    );
    for role in ["", "a\"b", "targets/../root", "a\r\nb"] {
        let bad = [(role.to_owned(), Bytes::new())];
        let error = server(&script.url).publish(&gun(), &bad).await.unwrap_err();
        assert!(matches!(error, ServerError::NoRole(_)), "{error}");
    }
    let long = [("root".to_owned(), Bytes::from(vec![0; 100_001]))];
    let error = server(&script.url)
        .publish(&gun(), &long)
        .await
        .unwrap_err();
    assert!(matches!(error, ServerError::TooLong { .. }), "{error}");
    assert_eq!(script.lines().len(), 2);
}

#[tokio::test]
async fn an_update_that_is_refused_is_told_from_one_that_may_have_arrived() {
    let refused = |status, code| publish(after_ping(move |_| refuse(status, code)));
    let error = refused(400, "VERSION").await.unwrap_err();
    assert!(
        matches!(error, ServerError::VersionConflict { .. }),
        "{error}"
    );
    let error = refused(400, "INVALID_UPDATE").await.unwrap_err();
    assert!(
        matches!(error, ServerError::InvalidUpdate { .. }),
        "{error}"
    );
    let error = refused(500, "UNKNOWN").await.unwrap_err();
    assert!(matches!(error, ServerError::Trouble { .. }), "{error}");
    let uncertain = |error: ServerError| {
        assert!(matches!(error, ServerError::Uncertain { .. }), "{error}");
        assert!(Advice::from(error).remedy.contains("again"));
    };
    uncertain(publish(after_ping(|_| Deed::Cut)).await.unwrap_err());
    uncertain(publish(after_ping(|_| Deed::Silence)).await.unwrap_err());
    uncertain(
        publish(after_ping(|_| Deed::Raw(b"HTTP/1.1 2".to_vec())))
            .await
            .unwrap_err(),
    );
    uncertain(publish(after_ping(|_| Deed::Endless)).await.unwrap_err());
    let gateway = || Deed::Answer(504, Vec::new(), b"<html>".to_vec());
    uncertain(publish(after_ping(move |_| gateway())).await.unwrap_err());
    // It is sent once, and nothing is sent where nobody answers.
    let script = Script::new(after_ping(|_| Deed::Cut));
    let documents = [("root".to_owned(), Bytes::from_static(b"{}"))];
    drop(server(&script.url).publish(&gun(), &documents).await);
    assert_eq!(script.lines().len(), 2);
    let error = publish(|_| Deed::Cut).await.unwrap_err();
    assert!(matches!(error, ServerError::Transport(_)), "{error}");
    let nobody = "http://127.0.0.1:1".parse().unwrap();
    let error = server(&nobody)
        .publish(&gun(), &documents)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ServerError::Transport(it) if it.kind() == TransportKind::Unreachable)
    );
}

#[tokio::test]
async fn keys_are_read() {
    let json = br#"{"keytype":"ecdsa","keyval":{"public":"AQID","private":null}}"#;
    let script = Script::new(|_| ok(json));
    let server = server(&script.url);
    let key = server.key(&gun(), ServerRole::Timestamp).await.unwrap();
    assert_eq!(
        (key.keytype.as_str(), &key.public[..]),
        ("ecdsa", &[1, 2, 3][..])
    );
    server
        .rotate_key(&gun(), ServerRole::Snapshot)
        .await
        .unwrap();
    let tuf = "/v2/reg.test/app/_trust/tuf";
    let last = script.lines().pop().unwrap();
    assert_eq!(last, format!("POST {tuf}/snapshot.key"));
    for body in [
        "",
        "{}",
        &String::from_utf8_lossy(json).replace("ecdsa", "dsa"),
    ] {
        let body = body.to_owned();
        let script = Script::new(move |_| ok(body.as_bytes()));
        let error = self::server(&script.url)
            .key(&gun(), ServerRole::Snapshot)
            .await;
        assert!(matches!(error, Err(ServerError::Malformed { .. })));
    }
}

#[tokio::test]
async fn a_server_s_words_do_not_reach_the_terminal_as_they_are() {
    let body =
        || r#"{"errors":[{"code":"DENIED","message":"\u001b[2Jgo away","detail":"\u202e"}]}"#;
    let error = fetch(move |_| Deed::Answer(400, Vec::new(), body().into()))
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("go away") && !error.contains(['\u{1b}', '\u{202e}']),
        "{error}"
    );
}

#[test]
fn files_that_can_not_be_used_are_named() {
    let mut settings = ServerSettings {
        url: "https://notary.test".parse().unwrap(),
        origin: Origin::CommandLine,
        tls: Tls::default(),
        token_hosts: Vec::new(),
    };
    settings.tls.authorities =
        super::super::settings::Authorities::Only(PathBuf::from("/nonexistent/ca"));
    let error = Server::new(&settings, Logins::none()).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/ca"), "{error}");
}
