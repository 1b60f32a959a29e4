//! A proxy between a client and a server that is not what it should be.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It reaches the server, and the answer the client.
    Forward,
    /// The server never sees it; the client gets this status and error code.
    Answer(u16, &'static str),
    /// The connection ends before the server saw it.
    Cut,
    /// The server does what it asks, and the connection ends before the answer.
    CutAnswer,
    /// It reaches the server late.
    Delay(Duration),
    /// It waits for [`FaultyProxy::release`].
    Hold,
}

/// A request, as the rule of a proxy sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Such as `PUT`.
    pub method: String,
    /// With its query.
    pub path: String,
    /// 0 for the first that comes.
    pub number: usize,
}

type Rule = dyn FnMut(&Request) -> Deed + Send;

/// Forwards every request as its rule says, until the test ends.
#[derive(Clone)]
pub struct FaultyProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    /// Of a server that speaks TLS: its CA, PEM.
    ca: Option<PathBuf>,
    rule: Mutex<Box<Rule>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    held: usize,
    released: bool,
}

impl FaultyProxy {
    /// Stands before the server at this URL.
    #[must_use]
    pub fn before(url: &str, rule: impl FnMut(&Request) -> Deed + Send + 'static) -> Self {
        Self::start(url.trim_start_matches("http://"), None, rule)
    }

    /// Stands before the server at this `https://` URL, whose certificate is of this CA, and speaks
    /// no TLS itself. OpenSSL does so for it.
    #[must_use]
    pub fn before_tls(
        url: &str,
        ca: &Path,
        rule: impl FnMut(&Request) -> Deed + Send + 'static,
    ) -> Self {
        let server = url.trim_start_matches("https://");
        Self::start(server, Some(ca.to_owned()), rule)
    }

    fn start(
        server: &str,
        ca: Option<PathBuf>,
        rule: impl FnMut(&Request) -> Deed + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::new(Shared {
                server: server.to_owned(),
                ca,
                rule: Mutex::new(Box::new(rule)),
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
        };
        let shared = Arc::clone(&proxy.shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // Connections that end early are what this is for.
                thread::spawn(move || drop(shared.serve(&stream)));
            }
        });
        proxy
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that came so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state.lock().unwrap().requests.clone()
    }

    /// Waits until a request is held.
    pub fn wait_until_held(&self) {
        let mut state = self.shared.state.lock().unwrap();
        while state.held == 0 {
            state = self.shared.changed.wait(state).unwrap();
        }
    }

    /// Lets every held request go on, now and later.
    pub fn release(&self) {
        self.shared.state.lock().unwrap().released = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client);
        let (mut head, mut length) = (Vec::new(), 0);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        head.extend(first.as_bytes());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? <= 2 {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
            if !name.eq_ignore_ascii_case("connection") {
                head.extend(line.as_bytes());
            }
        }
        head.extend(b"connection: close\r\n\r\n");
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut words = first.split(' ').map(str::to_owned);
        match self.deed(words.next(), words.next()) {
            Deed::Cut => Ok(()),
            Deed::Answer(status, code) => answer(client, status, code),
            deed => self.forward(client, &head, &body, deed),
        }
    }

    fn deed(&self, method: Option<String>, path: Option<String>) -> Deed {
        let mut state = self.state.lock().unwrap();
        let request = Request {
            method: method.unwrap_or_default(),
            path: path.unwrap_or_default(),
            number: state.requests.len(),
        };
        state.requests.push(request.clone());
        drop(state);
        let deed = (self.rule.lock().unwrap())(&request);
        if deed == Deed::Hold {
            let mut state = self.state.lock().unwrap();
            state.held += 1;
            self.changed.notify_all();
            while !state.released {
                state = self.changed.wait(state).unwrap();
            }
        }
        if let Deed::Delay(time) = deed {
            thread::sleep(time);
        }
        deed
    }

    fn forward(
        &self,
        mut client: &TcpStream,
        head: &[u8],
        body: &[u8],
        deed: Deed,
    ) -> io::Result<()> {
        let answer = match &self.ca {
            Some(ca) => self.ask_with_tls(ca, &[head, body].concat())?,
            None => {
                let mut server = TcpStream::connect(&self.server)?;
                server.write_all(head)?;
                server.write_all(body)?;
                let mut answer = Vec::new();
                server.read_to_end(&mut answer)?;
                answer
            }
        };
        if deed != Deed::CutAnswer {
            client.write_all(&answer)?;
        }
        Ok(())
    }
}

impl Shared {
    fn ask_with_tls(&self, ca: &Path, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut openssl = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-verify_quiet",
                "-verify_return_error",
            ])
            .args(["-connect", &self.server, "-CAfile"])
            .arg(ca)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdin = openssl.stdin.take().unwrap();
        stdin.write_all(request)?;
        stdin.flush()?;
        let mut answer = Vec::new();
        openssl.stdout.take().unwrap().read_to_end(&mut answer)?;
        drop(stdin);
        openssl.wait()?;
        Ok(answer)
    }
}

fn answer(mut client: &TcpStream, status: u16, code: &str) -> io::Result<()> {
    let body = format!("<Error><Code>{code}</Code><Message>as the test says</Message></Error>");
    write!(
        client,
        "HTTP/1.1 {status} Faulty\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}
