//! From the command line to the end of the command.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Authority, Profile, VirtualYubiKey};

use crate::control::{self, Desk};
use crate::options::Options;

/// Plugs the YubiKeys in, and runs the command; its exit status is the answer.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    fs::create_dir_all(&options.directory)?;
    let directory = options.directory.canonicalize()?;
    let maker = Authority::new();
    fs::write(directory.join("attestation-root.pem"), maker.root_pem())?;
    let yubikey = |serial: &u32| {
        let profile = Profile::new(*serial, options.firmware);
        let yubikey = VirtualYubiKey::made_by(&maker, profile);
        yubikey.set_touch(options.touch.0);
        yubikey
    };
    let yubikeys: Vec<_> = options.serial.iter().map(yubikey).collect();
    let plugboard = Plugboard::new(&directory, yubikeys.len());
    let socket = plugboard.socket();
    let desk = Arc::new(Mutex::new(Desk::new(plugboard, yubikeys)));
    control::listen(&directory, Arc::downgrade(&desk))?;
    let status = match options.command.split_first() {
        Some((program, arguments)) => {
            let command = start(program, arguments, &socket)?;
            runtime.block_on(end_of(command))?
        }
        None => {
            println!("{}", socket.display());
            runtime.block_on(asked_to_end())?;
            ExitCode::SUCCESS
        }
    };
    fs::remove_file(directory.join("control"))?;
    Ok(status)
}

fn start(program: &OsString, arguments: &[OsString], socket: &Path) -> io::Result<Child> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("PCSCLITE_CSOCK_NAME", socket)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", program.display())))
}

/// Waits for the command. Who asks this program to end means the command, too; what a terminal sends,
/// it sends to both, and it is the command's to obey.
async fn end_of(mut command: Child) -> io::Result<ExitCode> {
    let pid = Pid::from_raw(command.id().cast_signed());
    let mut asked = std::pin::pin!(asked_to_end());
    let (tell, mut ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(command.wait()));
    let status = tokio::select! {
        status = &mut ended => status,
        signal = &mut asked => {
            let _ = kill(pid, signal?);
            ended.await
        }
    };
    let status: ExitStatus = status.map_err(io::Error::other)??;
    // As shells have it.
    let status = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX)))
}

/// Waits for a signal that ends programs, and says which.
async fn asked_to_end() -> io::Result<Signal> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = terminate.recv() => Signal::SIGTERM,
        _ = interrupt.recv() => Signal::SIGINT,
        _ = hang_up.recv() => Signal::SIGHUP,
    })
}
