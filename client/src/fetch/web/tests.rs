use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;

/// A server that gives these answers, one to each request, and remembers what was asked.
struct Script {
    url: Url,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn new<const N: usize>(answers: [&[u8]; N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/base/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, seen) = (answers.map(<[u8]>::to_vec), asked.clone());
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                let path = request.split(' ').nth(1).unwrap();
                seen.lock().unwrap().push(path.to_owned());
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                // Who asks may have gone away.
                drop(stream.write_all(&answer));
                if answer.is_empty() {
                    // A server that says nothing keeps the connection.
                    thread::spawn(move || {
                        thread::park();
                        drop(stream);
                    });
                }
            }
        });
        Self {
            url: url.parse().unwrap(),
            asked,
        }
    }

    /// What comes of reading `1.root.json`, of at most 10 bytes.
    fn read(&self, name: &str) -> Result<Vec<u8>, FetchError> {
        self.with(|web| web.metadata(name, 10))
    }

    fn with<T: Send>(&self, work: impl FnOnce(&Web) -> T + Send) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let patience = Patience {
            silence: Duration::from_millis(200),
            pause: Duration::from_millis(1),
            ..PATIENCE
        };
        let guard = runtime.enter();
        let web = Web::with_patience(self.url.clone(), patience).unwrap();
        drop(guard);
        work(&web)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nyes";
const MISSING: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const FORBIDDEN: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BROKEN: &[u8] = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const MOVED: &[u8] =
    b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[test]
fn files_are_asked_for_below_the_base() {
    let script = Script::new([OK, OK]);
    assert_eq!(script.read("1.root.json").unwrap(), b"yes");
    let content = script.with(|web| {
        let mut content = web.target("a b/%2f?é#").unwrap();
        assert_eq!(content.length, Some(3));
        std::io::read_to_string(&mut content.reader).unwrap()
    });
    assert_eq!(content, "yes");
    assert_eq!(
        script.asked(),
        ["/base/1.root.json", "/base/a%20b/%252f%3F%C3%A9%23"]
    );
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let script = Script::new([BROKEN, BROKEN, OK]);
    assert_eq!(script.read("a").unwrap(), b"yes");
    let script = Script::new([BROKEN, BROKEN, BROKEN, OK]);
    let error = script.read("a").unwrap_err();
    assert!(error.to_string().contains("answered 503"), "{error}");
    assert_eq!(script.asked().len(), 3);
}

#[test]
fn what_is_not_there_is_missing() {
    for answer in [MISSING, FORBIDDEN] {
        let script = Script::new([answer]);
        let error = script.read("a").unwrap_err();
        assert!(matches!(error, FetchError::Missing { .. }), "{error}");
    }
}

#[test]
fn a_role_with_a_strange_name_is_asked_for_in_both_forms() {
    let script = Script::new([MISSING, OK]);
    assert_eq!(script.read("1...%2Fup.json").unwrap(), b"yes");
    assert_eq!(
        script.asked(),
        ["/base/1...%2Fup.json", "/base/1...%252Fup.json"]
    );
}

#[test]
fn no_more_is_read_than_the_limit() {
    let said = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nelevenbytes";
    let unsaid = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nelevenbytes";
    for answer in [&said[..], unsaid] {
        let error = Script::new([answer]).read("a").unwrap_err();
        assert!(matches!(error, FetchError::TooLong { limit: 10, .. }));
    }
}

#[test]
fn what_breaks_off_is_not_taken_for_whole() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nyes";
    let error = Script::new([&cut[..]]).read("a").unwrap_err();
    assert!(matches!(error, FetchError::Unreadable { .. }), "{error}");
    let script = Script::new([&cut[..]]);
    let read = script.with(|web| std::io::read_to_string(web.target("a").unwrap().reader));
    read.unwrap_err();
}

#[test]
fn a_silent_server_is_left() {
    let script = Script::new([b"", b"", b""]);
    let error = script.read("a").unwrap_err();
    assert!(
        error.to_string().contains("does not answer in time"),
        "{error}"
    );
}

#[test]
fn redirections_are_followed_a_few_times() {
    let script = Script::new([MOVED, OK]);
    assert_eq!(script.read("a").unwrap(), b"yes");
    assert_eq!(script.asked(), ["/base/a", "/there"]);
    let script = Script::new([MOVED; 9]);
    let error = script.read("a").unwrap_err();
    assert!(
        error.to_string().contains("redirects more than 5"),
        "{error}"
    );
}

#[test]
fn nobody_listens() {
    let mut script = Script::new([]);
    script.url.set_port(Some(1)).unwrap();
    let error = script.read("a").unwrap_err();
    assert!(matches!(error, FetchError::Unreadable { .. }), "{error}");
}
