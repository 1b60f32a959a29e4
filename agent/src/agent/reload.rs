//! SIGHUP: the config is read again. What it says is in force whole, or none of it is.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use privyseal_proto::ledger::v1::{ConfigReloaded, record::Event};
use privyseal_tuf::Sha256Digest;
use sd_notify::NotifyState;
use tokio::{signal::unix::Signal, task::spawn_blocking};

use super::serve::notify;
use crate::{
    config::{Config, ConfigError},
    ledger::LedgerFault,
    listen::{Listeners, Loaded},
    service::Desk,
};

/// The words of a refusal in the ledger, at most, in letters.
const MOST: usize = 1_000;

/// Reads the config again at each signal, until it is dropped.
pub(super) async fn run(desk: Desk, listeners: Listeners, path: PathBuf, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now());
        notify(&states);
        if let Err(fault) = reload(&desk, &listeners, &path).await {
            tracing::error!("the config is not read again, since that can't be recorded: {fault}");
        }
        notify(&[NotifyState::Ready]);
    }
}

/// Brings the file's config into force, or says why not; either is recorded before.
async fn reload(desk: &Desk, listeners: &Listeners, path: &Path) -> Result<(), LedgerFault> {
    let house = desk.house();
    let (current, readers, path) = (
        Arc::clone(&house.config),
        listeners.clone(),
        path.to_owned(),
    );
    // A file system may hang; the agent does not.
    let prepared = spawn_blocking(move || Prepared::read(&current, &readers, &path)).await;
    let prepared = prepared.unwrap_or_else(|_| Err(Refused::unread("the agent is stopping")));
    let (digest, refused) = match &prepared {
        Ok(prepared) => (Some(prepared.config.digest), String::new()),
        Err(refused) => (refused.config, refused.record.chars().take(MOST).collect()),
    };
    let reloaded = Event::ConfigReloaded(ConfigReloaded {
        config: digest.map_or_else(Vec::new, |digest| digest.as_bytes().to_vec()),
        refused,
    });
    house.ledger.append(reloaded, None).await?;
    match prepared {
        Ok(Prepared { config, loaded }) => {
            let digest = config.digest;
            let listeners = listeners.clone();
            // Files that changed meanwhile are read once more.
            drop(spawn_blocking(move || listeners.apply(loaded)).await);
            desk.set_config(Arc::new(config));
            tracing::info!(%digest, "the config was read again and is in force");
        }
        Err(refused) => tracing::error!("the config stays as it was: {}", refused.why),
    }
    Ok(())
}

/// What could come into force now.
struct Prepared {
    config: Config,
    loaded: Loaded,
}

/// Why it can't.
struct Refused {
    /// The file, where it is a config.
    config: Option<Sha256Digest>,
    /// For the log.
    why: String,
    /// For the ledger.
    record: String,
}

impl Refused {
    fn unread(why: &str) -> Self {
        Self {
            config: None,
            why: why.to_owned(),
            record: why.to_owned(),
        }
    }
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self {
            record: error.for_the_ledger(),
            ..Self::unread(&error.to_string())
        }
    }
}

impl Prepared {
    fn read(current: &Config, listeners: &Listeners, path: &Path) -> Result<Self, Refused> {
        let config = Config::load(path)?;
        let refused = |why: String| Refused {
            config: Some(config.digest),
            ..Refused::unread(&why)
        };
        let admitted = current.admits(&config);
        admitted.map_err(|change| refused(change.to_string()))?;
        let loaded = listeners.check(&config.listen);
        let loaded = loaded.map_err(|error| refused(error.to_string()))?;
        Ok(Self { config, loaded })
    }
}
