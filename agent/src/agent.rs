//! The running agent: what is started in which order, and what ends it.

mod chores;
mod reload;
mod serve;

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use privyseal_ledger::LedgerError;
use privyseal_proto::ledger::v1::{AgentStarted, AgentStopped, record::Event};
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
};

use crate::{
    config::Config,
    corridor::House,
    keystore::{KeystoreState, login::LoginLog},
    keystores::Keystores,
    ledger::{self, InitError, Ledger, LedgerFault, LedgerLoginLog},
    listen::{ListenError, Listeners, Socket},
    memory::Memory,
    service::Desk,
};

/// Why the agent does not run.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The config names no ledger.
    #[error(
        "the config has no ledger.genesis: make a ledger with `privyseald --config FILE init` and put the line that it prints under [ledger]"
    )]
    NoGenesis,
    /// The config names a ledger already.
    #[error(
        "the config has a ledger.genesis already: the ledger was made before; a second one would forget what the first one knows"
    )]
    HasGenesis,
    /// The ledger can't be used.
    #[error("{reason}: {0}", reason = .0.reason())]
    Ledger(#[from] LedgerError),
    /// The first record can't be written.
    #[error("{reason}: {0}", reason = .0.reason())]
    Record(#[from] LedgerFault),
    /// There is nowhere to listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A ledger can't be made.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The keystore of the new ledger's key is not ready.
    #[error("keystore {name} is not ready: {detail}")]
    NotReady {
        /// The keystore.
        name: String,
        /// What it waits for.
        detail: String,
    },
    /// The system refused.
    #[error("{what}: {source}")]
    System {
        /// What was wanted.
        what: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The server ended by itself.
    #[error("the server stopped: {0}")]
    Serve(#[from] tonic::transport::Error),
}

/// Runs the agent until it is told to stop; at SIGHUP it reads its config at `path` again.
///
/// # Errors
/// Where it can't start, or its server fails.
pub async fn run(config: Config, path: PathBuf) -> Result<(), AgentError> {
    let config = Arc::new(config);
    let genesis = config.ledger.genesis.ok_or(AgentError::NoGenesis)?;
    // From here on none of them ends the agent as they would by default.
    let stop = stop_signal()?;
    let hangup = signal(SignalKind::hangup()).map_err(signals)?;
    let (ledger, replay) = Ledger::open(&config.ledger, genesis.0, Handle::current())?;
    tracing::info!(
        records = replay.summary.head.size,
        clean = replay.clean(),
        torn_bytes = replay.torn_bytes,
        "the ledger is whole"
    );
    // An address that is taken stops the agent before it writes or logs in anywhere.
    let socket = Socket::open(&config.agent)?;
    let listeners = Listeners::open(&config.listen, config.limits.connections)?;
    let started = Event::AgentStarted(AgentStarted {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: config.digest.as_bytes().to_vec(),
        torn: replay.torn_bytes,
        after_crash: !replay.clean(),
    });
    ledger.append(started, None).await?;
    let log: Arc<dyn LoginLog> = Arc::new(LedgerLoginLog::new(ledger.clone()));
    let keystores = Arc::new(Keystores::start(&config, ledger.memory(), &log).map_err(threads)?);
    let house = House {
        config,
        ledger,
        keystores,
    };
    let desk = Desk::new(house, seconds());
    let reloads = tokio::spawn(reload::run(desk.clone(), listeners.clone(), path, hangup));
    let served = serve::serve(&desk, &socket, &listeners, stop).await;
    reloads.abort();
    end(&desk).await;
    served
}

/// Records the end, signs the last checkpoint and releases the tokens.
async fn end(desk: &Desk) {
    let House {
        ledger, keystores, ..
    } = desk.house();
    desk.refusals.record(&ledger);
    if let Err(fault) = ledger
        .append(Event::AgentStopped(AgentStopped {}), None)
        .await
    {
        tracing::error!("the end of the agent could not be recorded: {fault}");
    }
    if let Err(error) = ledger.checkpoint(&keystores).await {
        tracing::warn!("the last records are not covered by a signed checkpoint: {error}");
    }
    keystores.shutdown().await;
    tracing::info!("stopped");
}

fn stop_signal() -> Result<impl Future<Output = ()>, AgentError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn signals(source: std::io::Error) -> AgentError {
    AgentError::System {
        what: "can't wait for signals",
        source,
    }
}

fn threads(source: std::io::Error) -> AgentError {
    AgentError::System {
        what: "can't start the keystores",
        source,
    }
}

fn seconds() -> i64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// Makes the ledger that the config describes, and returns its name.
///
/// # Errors
/// Where there is one, or the keystore can't make and use the ledger key.
pub async fn init(mut config: Config) -> Result<String, AgentError> {
    if config.ledger.genesis.is_some() {
        return Err(AgentError::HasGenesis);
    }
    let directory = &config.ledger.directory;
    // No other token is given a PIN.
    config
        .keystores
        .retain(|keystore| *keystore.name() == config.ledger.keystore);
    // Before a key is made for nothing.
    if directory.join(FIRST_SEGMENT).exists() {
        return Err(LedgerError::Exists {
            path: directory.clone(),
        }
        .into());
    }
    let log: Arc<dyn LoginLog> = Arc::new(ledger::Unrecorded);
    let keystores = Keystores::start(&config, &Memory::default(), &log).map_err(threads)?;
    let made = match keystores.of(&config.ledger.keystore) {
        Some(holder) => match ready(holder.keystore.state()).await {
            Ok(()) => ledger::create(&config.ledger, holder.keystore.as_ref())
                .await
                .map_err(Into::into),
            Err(detail) => Err(AgentError::NotReady {
                name: config.ledger.keystore.to_string(),
                detail,
            }),
        },
        None => Err(AgentError::NoGenesis),
    };
    keystores.shutdown().await;
    made.map(|genesis| genesis.to_string())
}

const FIRST_SEGMENT: &str = "00000000.seg";

/// Waits until a keystore is ready, or it is certain that a person must act.
async fn ready(mut state: tokio::sync::watch::Receiver<KeystoreState>) -> Result<(), String> {
    let settled = state
        .wait_for(|state| matches!(state, KeystoreState::Ready | KeystoreState::PinRefused(_)));
    // Whatever it waits for after this time, its state says it.
    drop(tokio::time::timeout(std::time::Duration::from_secs(10), settled).await);
    match &*state.borrow() {
        KeystoreState::Ready => Ok(()),
        waiting => Err(waiting.detail()),
    }
}
