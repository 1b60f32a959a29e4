use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Exit, Interrupted};

/// Whether a person, or the system, asked this process to end.
///
/// Who works in small steps asks between them, and leaves everything whole. A second signal ends
/// the process at once.
#[derive(Clone, Debug)]
pub struct Interrupt {
    asked: watch::Receiver<bool>,
}

/// Whether somebody listens.
static LISTENING: AtomicBool = AtomicBool::new(false);

impl Interrupt {
    /// Listens to SIGINT and SIGTERM from now on.
    pub fn listen() -> anyhow::Result<Self> {
        let signals = [SignalKind::interrupt(), SignalKind::terminate()];
        let [interrupt, terminate] = signals.map(signal);
        let (sender, asked) = watch::channel(false);
        tokio::spawn(watch_signals(interrupt?, terminate?, sender));
        LISTENING.store(true, Ordering::Relaxed);
        Ok(Self { asked })
    }

    /// Whether SIGINT and SIGTERM are listened to, for as long as this process lives.
    pub fn is_listening() -> bool {
        LISTENING.load(Ordering::Relaxed)
    }

    /// Nobody will ask.
    pub fn never() -> Self {
        Self {
            asked: watch::channel(false).1,
        }
    }

    /// A test asks.
    #[cfg(test)]
    pub(crate) fn by_hand() -> (watch::Sender<bool>, Self) {
        let (sender, asked) = watch::channel(false);
        (sender, Self { asked })
    }

    /// Lets signals arrive; an error where one did.
    pub async fn check(&self) -> Result<(), Interrupted> {
        tokio::task::yield_now().await;
        if *self.asked.borrow() {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }

    /// Waits until somebody asks, for ever where nobody does.
    pub async fn wait(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending().await
        }
    }

    /// Does what may be given up at any moment.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            () = self.wait() => Err(Interrupted),
            done = work => Ok(done),
        }
    }
}

async fn watch_signals(mut interrupt: Signal, mut terminate: Signal, asked: watch::Sender<bool>) {
    for last in [false, true] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if last {
            std::process::exit(Exit::Interrupted as i32);
        }
        asked.send_replace(true);
    }
}
