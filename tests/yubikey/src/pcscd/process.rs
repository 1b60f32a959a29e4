//! The process itself.

use std::fs::{self, Permissions};
use std::io::{self, PipeWriter};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::log::Log;
use super::{PCSCD, config};

/// Where pcscd writes its process id. It makes the directory only where it makes its own socket.
const RUN: &str = "/run/pcscd";

/// How long it may take to end; it takes 20 ms.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pcscd that runs. It ends on drop, and its socket goes.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    socket: PathBuf,
}

/// Why it did not start.
#[derive(Debug)]
pub(super) enum Failed {
    /// Somebody else listens on a port of a reader.
    PortTaken,
    /// It ended by itself, and this was its log.
    Ended(String),
}

/// Can a pcscd of this user run?
pub(super) fn can_run() -> bool {
    geteuid().is_root() || Path::new(RUN).is_dir()
}

/// The socket for its clients.
pub(super) fn socket(directory: &Path) -> PathBuf {
    directory.join("pcscd.sock")
}

impl Process {
    /// Starts it, and waits until it has its readers.
    pub(super) fn start(directory: &Path) -> Result<Self, Failed> {
        if geteuid().is_root() {
            fs::create_dir_all(RUN).unwrap();
        }
        let socket = socket(directory);
        let (said, log) = io::pipe().unwrap();
        let mut command = command(listen(&socket), log, directory);
        let child = command.spawn().unwrap();
        // The command keeps the pipe, and the socket: clients would wait in the queue of no pcscd.
        drop(command);
        let log = Log::of(said, &directory.join("pcscd.log"));
        let process = Self { child, socket };
        log.wait_until_ready()?;
        Ok(process)
    }
}

/// A socket that everybody may use, as Debian's `pcscd.socket` has it.
fn listen(path: &Path) -> UnixListener {
    drop(fs::remove_file(path));
    let listener = UnixListener::bind(path).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
    listener
}

/// pcscd, with the socket as its file descriptor 3. The shell knows the process id that
/// `sd_listen_fds(3)` asks for, and becomes pcscd.
fn command(listener: UnixListener, log: PipeWriter, directory: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\"", PCSCD])
        .args(["--foreground", "--info", "--config"])
        .arg(config::folder(directory))
        .env_clear()
        .env("LISTEN_FDS", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    let socket = FdMapping {
        parent_fd: OwnedFd::from(listener),
        child_fd: 3,
    };
    command.fd_mappings(vec![socket]).unwrap();
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let _ = kill(pid, Signal::SIGTERM);
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if started.elapsed() > PATIENCE {
                drop(self.child.kill());
            }
            thread::sleep(Duration::from_millis(2));
        }
        drop(fs::remove_file(&self.socket));
    }
}
