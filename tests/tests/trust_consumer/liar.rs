//! A server that says what a test wants it to say.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use privyseal_tests::notary::NotaryServer;
use serde_json::Value;

/// What it says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// By the name of the file: `timestamp.json`.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// In place of any answer.
    pub(crate) instead: Option<Instead>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// This status.
    Status(u16),
    /// A connection that ends in the middle of the answer.
    Cut,
}

/// The server.
#[derive(Debug)]
pub(crate) struct Liar {
    address: SocketAddr,
    said: Arc<Mutex<Said>>,
}

impl Liar {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let said: Arc<Mutex<Said>> = Arc::default();
        let shared = Arc::clone(&said);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let said = shared.lock().unwrap().clone();
                thread::spawn(move || drop(answer(&stream, &said)));
            }
        });
        Self { address, said }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn say(&self, said: &Said) {
        *self.said.lock().unwrap() = said.clone();
    }
}

fn answer(mut stream: &TcpStream, said: &Said) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let name = path.split_once("/_trust/tuf/").map_or("", |(_, name)| name);
    let missing = b"{\"errors\":[{\"code\":\"METADATA_NOT_FOUND\",\"message\":\"none\"}]}".to_vec();
    let (status, body) = match (said.instead, said.files.get(name)) {
        (Some(Instead::Status(status)), _) => (status, b"{}".to_vec()),
        (_, Some(bytes)) => (200, bytes.clone()),
        (_, None) => (404, missing),
    };
    let length = body.len() + usize::from(said.instead == Some(Instead::Cut));
    let head = "Content-Type: application/json\r\nConnection: close";
    write!(
        stream,
        "HTTP/1.1 {status} X\r\n{head}\r\nContent-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(&body)
}

impl Said {
    /// All that a real server says of a repository now.
    pub(crate) fn of(server: &NotaryServer, gun: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut keep = |name: &str| {
            let bytes = server.file(gun, name);
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            files.insert(name.to_owned(), bytes);
            value["signed"].clone()
        };
        let root = keep("root.json");
        for version in 1..=root["version"].as_u64().unwrap() {
            keep(&format!("{version}.root.json"));
        }
        let timestamp = keep("timestamp.json");
        let snapshot = keep(&hashed("snapshot", &timestamp));
        for role in snapshot["meta"].as_object().unwrap().keys() {
            if role != "root" {
                keep(&hashed(role, &snapshot));
            }
        }
        Self {
            files,
            instead: None,
        }
    }
}

/// The name of a role's file by what another says of it.
pub(crate) fn hashed(role: &str, by: &Value) -> String {
    use base64::Engine as _;
    let digest = by["meta"][role]["hashes"]["sha256"].as_str().unwrap();
    let digest = base64::prelude::BASE64_STANDARD.decode(digest).unwrap();
    format!("{role}.{}.json", hex::encode(digest))
}
