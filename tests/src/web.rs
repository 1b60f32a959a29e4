//! A small web server of a directory, as a repository's clients see one.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// Serves files on a free port of the loopback interface, under percent-decoded names, as web
/// servers and buckets do. It answers until the test ends.
#[derive(Debug, Clone)]
pub struct Web {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Serves what is below this directory, now and later.
    #[must_use]
    pub fn serve(directory: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let web = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
        };
        let (asked, directory) = (Arc::clone(&web.asked), directory.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, directory) = (Arc::clone(&asked), directory.clone());
                // A client that goes away in mid-answer has what it wanted.
                thread::spawn(move || drop(answer(stream, &directory, &asked)));
            }
        });
        web
    }

    /// Its URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The paths that were asked for since this was called last, decoded, without the first slash.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// Answers one request, and closes the connection.
fn answer(
    mut stream: TcpStream,
    directory: &Path,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).and_then(decoded);
    let content = path.and_then(|path| {
        let file = inside(directory, &path);
        asked.lock().unwrap().push(path);
        fs::read(file?).ok()
    });
    let (status, content) = match content {
        Some(content) => ("200 OK", content),
        None => ("404 Not Found", b"no such file\n".to_vec()),
    };
    let length = content.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&content)
}

/// The path of a request, without the first slash and without a query.
fn decoded(target: &str) -> Option<String> {
    let path = target.strip_prefix('/')?.split('?').next()?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn inside(directory: &Path, path: &str) -> Option<PathBuf> {
    let plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    plain.then(|| directory.join(path))
}
