//! A terminal on which nothing is shown must not stay so when the process is ended.

use std::fs::File;
use std::io;
use std::process::exit;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::sys::termios::{SetArg, Termios, tcsetattr};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Exit;
use crate::destination::Interrupt;

/// The terminal on which a question waits, and what it was like before.
static ASKED: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Signals are listened to from the first question on.
static LISTENS: Mutex<bool> = Mutex::new(false);

/// From now on a signal that ends this process puts the terminal back as it was `before`.
pub(super) fn guard(screen: File, before: Termios) -> io::Result<()> {
    let mut listens = LISTENS.lock().unwrap_or_else(PoisonError::into_inner);
    if !*listens {
        listen()?;
        *listens = true;
    }
    *asked() = Some((screen, before));
    Ok(())
}

/// Puts the terminal back.
pub(super) fn restore() {
    if let Some((screen, before)) = asked().take() {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&screen, SetArg::TCSAFLUSH, &before);
    }
}

/// Puts the terminal back, and ends this process as interrupted.
pub(super) fn end() -> ! {
    restore();
    exit(Exit::Interrupted as i32)
}

fn asked() -> MutexGuard<'static, Option<(File, Termios)>> {
    ASKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On a thread of its own: the others may wait for a person, or for the disk.
fn listen() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let within = runtime.enter();
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::quit(),
    ];
    let [interrupt, terminate, hangup, quit] = kinds.map(signal);
    let all = (interrupt?, terminate?, hangup?, quit?);
    drop(within);
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || runtime.block_on(obey(all)))?;
    Ok(())
}

async fn obey(
    (mut interrupt, mut terminate, mut hangup, mut quit): (Signal, Signal, Signal, Signal),
) {
    loop {
        let is_gentle = tokio::select! {
            _ = interrupt.recv() => true,
            _ = terminate.recv() => true,
            _ = hangup.recv() => false,
            _ = quit.recv() => false,
        };
        // Who works in small steps ends after one of them.
        let is_heard = is_gentle && Interrupt::is_listening() && asked().is_none();
        if !is_heard {
            end();
        }
    }
}
