//! A real `privyseald`.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use privyseal_proto::v1::StatusReply;
use privyseal_proto::v1::keystore_status::State;

use crate::require;
use crate::rpc::Rpc;
use crate::sandbox::Sandbox;
use crate::setup::Setup;
use crate::wait;

/// An agent with a directory of its own. It is killed on drop.
#[derive(Debug)]
pub struct Agent {
    directory: PathBuf,
    setup: Setup,
    genesis: Option<String>,
    process: Option<Child>,
}

impl Agent {
    /// Makes the ledger with `privyseald init`; the agent does not run yet. `name` is a new
    /// directory of the sandbox.
    #[must_use]
    pub fn new(sandbox: &Sandbox, name: &str, setup: &Setup) -> Self {
        let mut agent = Self::without_ledger(sandbox, name, setup);
        let made = agent.init();
        assert!(made.status.success(), "init: {made:?}");
        let line = String::from_utf8(made.stdout).unwrap();
        let genesis = line.trim().strip_prefix("genesis = ").unwrap();
        agent.genesis = Some(genesis.trim_matches('"').to_owned());
        agent.configure(|setup| setup);
        agent
    }

    /// As [`Self::new`], but with neither ledger nor genesis.
    #[must_use]
    pub fn without_ledger(sandbox: &Sandbox, name: &str, setup: &Setup) -> Self {
        let mut agent = Self {
            directory: sandbox.directory(name),
            setup: setup.clone(),
            genesis: None,
            process: None,
        };
        agent.configure(|setup| setup);
        agent
    }

    /// As [`Self::new`], and runs with every keystore ready.
    #[must_use]
    pub fn running(sandbox: &Sandbox, name: &str, setup: &Setup) -> Self {
        let mut agent = Self::new(sandbox, name, setup);
        agent.start();
        agent
    }

    /// Runs `privyseald init`.
    pub fn init(&self) -> Output {
        self.command().arg("init").output().unwrap()
    }

    /// Writes the config anew; the agent reads it at its next start.
    pub fn configure(&mut self, change: impl FnOnce(Setup) -> Setup) {
        self.setup = change(self.setup.clone());
        let (socket, ledger) = (self.socket(), self.ledger());
        let genesis = self.genesis.as_deref();
        let text = self.setup.to_toml(Some(&socket), &ledger, genesis);
        fs::write(self.config(), text).unwrap();
    }

    /// Starts it, and waits until it answers and every keystore is ready.
    pub fn start(&mut self) {
        self.spawn();
        self.wait_ready();
    }

    /// Starts it, and waits until it answers, whatever its keystores do.
    pub fn start_without_token(&mut self) -> StatusReply {
        self.spawn();
        self.wait_up()
    }

    /// Starts it and waits for nothing.
    pub fn spawn(&mut self) {
        let mut command = self.command();
        self.spawn_as(&mut command);
    }

    /// As [`Self::spawn`], with a command that is to become the agent: a wrapper around
    /// [`Self::command`]. Its standard error is the log.
    pub fn spawn_as(&mut self, command: &mut Command) {
        assert!(self.process.is_none(), "the agent runs already");
        let log = self.open_log();
        let child = command.stdin(Stdio::null()).stderr(log).spawn().unwrap();
        self.process = Some(child);
    }

    /// `privyseald` with its config and environment.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(require::binary("privyseald"));
        command
            .env_remove("RUST_LOG")
            .env("SOFTHSM2_CONF", &self.setup.conf)
            .envs(self.setup.environment.iter().map(|(k, v)| (k, v)))
            .arg("--config")
            .arg(self.config());
        command
    }

    /// Waits until it answers. Panics with its log where it ended.
    pub fn wait_up(&mut self) -> StatusReply {
        wait::until("the agent to answer", || {
            self.assert_running();
            Rpc::try_connect(&self.socket())?.try_status().ok()
        })
    }

    /// Waits until every keystore is ready.
    pub fn wait_ready(&mut self) -> StatusReply {
        self.wait_state(|status| {
            let mut keystores = status.keystores.iter();
            keystores.all(|keystore| keystore.state() == State::Ready)
        })
    }

    /// Waits until its status is as wanted.
    pub fn wait_state(&mut self, wanted: impl Fn(&StatusReply) -> bool) -> StatusReply {
        self.wait_up();
        let rpc = self.rpc();
        wait::until("the agent's status", || {
            self.assert_running();
            rpc.try_status().ok().filter(&wanted)
        })
    }

    fn assert_running(&mut self) {
        let process = self.process.as_mut().expect("the agent was started");
        if let Some(status) = process.try_wait().unwrap() {
            panic!("the agent ended with {status}:\n{}", self.log());
        }
    }

    /// Runs it where it should end by itself; returns its status and what it said.
    pub fn refused(&mut self) -> (ExitStatus, String) {
        let before = self.log().len();
        self.spawn();
        let status = self.wait_end();
        let said = self.log().split_off(before);
        (status, said)
    }

    /// Waits until it ends by itself.
    pub fn wait_end(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the agent was started");
        wait::until("the agent to end", || process.try_wait().unwrap())
    }

    /// SIGTERM, and waits.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait_end()
    }

    /// SIGKILL, and waits.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait_end();
    }

    /// Stops it and starts it again.
    pub fn restart(&mut self) {
        assert!(self.stop().success(), "{}", self.log());
        self.start();
    }

    /// Sends a signal to this very process.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the agent runs").id()
    }

    /// A connection to it.
    #[must_use]
    pub fn rpc(&self) -> Rpc {
        Rpc::try_connect(&self.socket()).expect("the agent listens")
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.join("agent.sock")
    }

    /// Its config.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.directory.join("privyseald.toml")
    }

    /// The directory of its ledger.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.directory.join("ledger")
    }

    /// The name of its ledger, hex.
    #[must_use]
    pub fn genesis(&self) -> &str {
        self.genesis.as_deref().expect("the agent has a ledger")
    }

    /// Its own directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// All that it logged, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.join("agent.log")
    }

    fn open_log(&self) -> File {
        let mut options = OpenOptions::new();
        let options = options.create(true).append(true).mode(0o600);
        options.open(self.log_path()).unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        drop(process.kill());
        drop(process.wait());
        if std::thread::panicking() {
            eprintln!("the agent's log:\n{}", self.log());
        }
    }
}
