//! A server that does what a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use url::Url;

use super::http::Patience;

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) method: String,
    /// With its query.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What comes of it.
pub(super) enum Deed {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// A body that does not end.
    Endless,
    /// The connection ends.
    Cut,
    /// Nothing, for longer than anybody waits.
    Silence,
}

/// Speaks HTTP on the loopback interface until the test ends.
#[derive(Clone)]
pub(super) struct Script {
    pub(super) url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    pub(super) fn new(deed: impl Fn(&Asked) -> Deed + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Self {
            url: url.parse().unwrap(),
            asked: Arc::default(),
        };
        let (asked, deed) = (script.asked.clone(), Arc::new(deed));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, deed) = (asked.clone(), deed.clone());
                thread::spawn(move || {
                    let question = read(&stream);
                    asked.lock().unwrap().push(question.clone());
                    // Who asked may have gone away.
                    drop(perform(&stream, deed(&question)));
                });
            }
        });
        script
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The methods and paths of it.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |asked: &Asked| format!("{} {}", asked.method, asked.path);
        self.asked().iter().map(line).collect()
    }
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// 200 with this body.
pub(super) fn ok(body: &[u8]) -> Deed {
    Deed::Answer(200, Vec::new(), body.to_vec())
}

/// Another status, with a body as trust servers and registries send it.
pub(super) fn refuse(status: u16, code: &str) -> Deed {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"as the test says"}}]}}"#);
    Deed::Answer(status, Vec::new(), body.into_bytes())
}

/// For servers that answer at once or never.
pub(super) fn impatient() -> Patience {
    Patience {
        connecting: Duration::from_secs(5),
        silence: Duration::from_millis(300),
        whole: Duration::from_secs(5),
        pause: Duration::from_millis(1),
    }
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    drop(reader.read_line(&mut line));
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut asked = Asked {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Asked::default()
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) <= 2 {
            break;
        }
        let (name, value) = line.trim().split_once(": ").unwrap();
        asked.headers.push((name.to_owned(), value.to_owned()));
    }
    let length = asked.header("content-length").map(|it| it.parse().unwrap());
    asked.body = vec![0; length.unwrap_or(0)];
    drop(reader.read_exact(&mut asked.body));
    asked
}

fn perform(mut stream: &TcpStream, deed: Deed) -> std::io::Result<()> {
    match deed {
        Deed::Answer(status, headers, body) => {
            write!(stream, "HTTP/1.1 {status} Said\r\nConnection: close\r\n")?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            write!(stream, "Content-Length: {}\r\n\r\n", body.len())?;
            stream.write_all(&body)
        }
        Deed::Raw(bytes) => stream.write_all(&bytes),
        Deed::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 64 * 1024])?;
            }
        }
        Deed::Cut => stream.shutdown(Shutdown::Both),
        Deed::Silence => {
            thread::park_timeout(Duration::from_secs(20));
            Ok(())
        }
    }
}
