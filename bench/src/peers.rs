//! The agent as notary's signer, against notary-signer with its software keys and against p11-kit's
//! remoting of the same token: one table, one run.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use privyseal_tests::{
    agent::Agent,
    certificates::{Ca, San},
    notary::{NotarySigner, free_port},
    sandbox::Sandbox,
    setup::{AUTHORITY, Setup},
    token::{Token, Tokens},
    wait,
};

use crate::{
    IN_FLIGHT,
    figures::Figures,
    raw::{self, Way},
    signer::{Connection, GUNS, Signer},
};

/// Where Debian has the module of p11-kit's remoting.
const CLIENT_MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so";

/// Connections a second are measured with as many callers.
const CONNECTING: usize = 8;

/// Prints the table.
pub fn measure(time: Duration) -> Result<()> {
    let sandbox = Sandbox::new();
    let ca = Ca::new(&sandbox, "ca");
    let client = ca.client("notary-server", &[San::Dns("notary-server.example.test")]);
    let most = IN_FLIGHT.iter().copied().max().unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;

    println!("Signers behind a connection, P-256; two RPCs a signature, as notary-server asks");
    println!(
        "{:<42} {:>9} {:>10} {:>10} {:>9} {:>9} {:>11}",
        "", "sign/s", "p50 us", "p99 us", "of notary", "of p11-kit", "CPU us/sig"
    );

    let software = NotarySigner::quiet(&sandbox, &ca);
    let peers = runtime.block_on(async {
        let signer = Signer::connect(software.at().port, &ca, &client, most, software.pid());
        rows(&signer.await?, time).await
    })?;
    drop(software);

    let tokens = Tokens::new(&sandbox, "tokens");
    let token = tokens.token("bench");
    let port = free_port();
    let server = ca.server("agent", &["localhost"]);
    let mut agent = Agent::new(
        &sandbox,
        "agent",
        &Setup::new(&token)
            .section(&format!(
                "[[listen]]\naddress = \"127.0.0.1:{port}\"\nserves = \"notary\"\n\
                 certificate = \"{}\"\nkey = {{ file = \"{}\" }}\nclient_ca = \"{}\"\n",
                server.certificate.display(),
                server.key.display(),
                ca.path().display()
            ))
            .section(&format!(
                "[[notary]]\ncallers = [\"dns:notary-server.example.test\"]\nauthority = \"{AUTHORITY}\"\n\
                 repositories = [\"{GUNS}/*\"]\nkeystore = \"hsm\"\n"
            )),
    );
    agent.start();
    // Both reach the same token; each is idle while the other is measured.
    let remoting = P11Kit::start(&sandbox, &tokens, &token)?;
    let way = Way::p11_kit(CLIENT_MODULE.as_ref(), &remoting.socket);
    let [one, two] = raw::in_child(&way, token.pin_file(), 0, time)?;
    let ours = runtime.block_on(async {
        let signer = Signer::connect(port, &ca, &client, most, agent.pid());
        rows(&signer.await?, time).await
    })?;

    let base = |of: &Rows| of.kept.iter().map(|f| f.rate).fold(0.0, f64::max);
    let (notary, p11_kit) = (base(&peers), one.rate.max(two.rate));
    let print = |what: &str, figures: &Figures| print(what, figures, notary, p11_kit);
    peers.print("notary-signer, software keys", &print);
    print("p11-kit remoting, 1 session", &one);
    print("p11-kit remoting, 2 sessions", &two);
    ours.print("privyseald, SoftHSM2", &print);
    agent.stop();
    Ok(())
}

/// What one signer reaches.
struct Rows {
    kept: Vec<Figures>,
    new: Figures,
}

async fn rows(signer: &Signer, time: Duration) -> Result<Rows> {
    let mut kept = Vec::new();
    for in_flight in IN_FLIGHT {
        kept.push(signer.measure(Connection::Kept, in_flight, time).await?);
    }
    let new = signer.measure(Connection::New, CONNECTING, time).await?;
    Ok(Rows { kept, new })
}

impl Rows {
    fn print(&self, who: &str, print: &dyn Fn(&str, &Figures)) {
        for (in_flight, figures) in IN_FLIGHT.iter().zip(&self.kept) {
            print(&format!("{who}, {in_flight} in flight"), figures);
        }
        print(
            &format!("  a TLS connection each, {CONNECTING} at a time"),
            &self.new,
        );
    }
}

fn print(what: &str, figures: &Figures, notary: f64, p11_kit: f64) {
    let cpu = figures.cpu.map(|cpu| format!("{cpu:.0}"));
    println!(
        "{what:<42} {:>9.0} {:>10.0} {:>10.0} {:>9.2} {:>9.2} {:>11}",
        figures.rate,
        figures.p50,
        figures.p99,
        figures.rate / notary,
        figures.rate / p11_kit,
        cpu.unwrap_or_default()
    );
}

/// `p11-kit server` for one token. It is killed on drop.
struct P11Kit {
    process: Child,
    socket: PathBuf,
}

impl P11Kit {
    fn start(sandbox: &Sandbox, tokens: &Tokens, token: &Token) -> Result<Self> {
        let directory = sandbox.directory("p11-kit");
        let socket = directory.join("server.sock");
        let log = File::create(directory.join("log"))?;
        let process = Command::new("p11-kit")
            .args(["server", "--foreground", "--provider"])
            .arg(privyseal_tests::require::SOFTHSM)
            .arg("--name")
            .arg(&socket)
            .arg(token.uri())
            .env("SOFTHSM2_CONF", tokens.conf())
            .env("XDG_RUNTIME_DIR", &directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("p11-kit (Debian's package of that name)")?;
        let started = Self { process, socket };
        wait::until("p11-kit's socket", || started.there().then_some(()));
        Ok(started)
    }

    fn there(&self) -> bool {
        fs::exists(Path::new(&self.socket)).unwrap_or(false)
    }
}

impl Drop for P11Kit {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
