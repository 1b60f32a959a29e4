//! `openssl s_client`, which says what becomes of a handshake.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use privyseal_tests::certificates::Credential;
use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::wait;

/// A client that sends nothing of its own. It is killed on drop.
pub(crate) struct Client {
    process: Child,
    said: Arc<Mutex<String>>,
}

impl Client {
    /// Connects, with this certificate if any, and `more` arguments.
    pub(crate) fn connect(tls: &TlsStage, credential: Option<&Credential>, more: &[&str]) -> Self {
        let address = tls.address();
        let mut command = Command::new("openssl");
        command
            .args(["s_client", "-servername", "localhost", "-alpn", "h2"])
            .args(["-verify_return_error", "-connect", &address.to_string()])
            .arg("-CAfile")
            .arg(tls.servers.path());
        if let Some(credential) = credential {
            command.arg("-cert").arg(&credential.certificate);
            command.arg("-key").arg(&credential.key);
        }
        // Its input stays open, so that it ends only when the agent closes.
        let streams = command.args(more).stdin(Stdio::piped());
        let streams = streams.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = streams.spawn().unwrap();
        let said = Arc::default();
        collect(process.stdout.take().unwrap(), &said);
        collect(process.stderr.take().unwrap(), &said);
        Self { process, said }
    }

    /// All that it said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// All that it said once it has said this.
    pub(crate) fn says(&self, what: &str) -> String {
        wait::until(what, || {
            let said = self.said();
            said.contains(what).then_some(said)
        })
    }

    /// All that it said when the agent closed the connection.
    pub(crate) fn ends(mut self) -> String {
        wait::until("the agent to close", || self.process.try_wait().unwrap());
        // What it said last may still be in the pipes.
        wait::until("the end of what it said", || {
            (Arc::strong_count(&self.said) == 1).then_some(())
        });
        self.said()
    }
}

fn collect(mut stream: impl Read + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..read]);
            said.lock().unwrap().push_str(&text);
        }
    });
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
