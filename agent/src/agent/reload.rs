//! SIGHUP: the config is read again. What it says is in force whole, or none of it is.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use privyseal_proto::ledger::v1::{ConfigReloaded, record::Event};
use sd_notify::NotifyState;
use tokio::signal::unix::Signal;

use super::serve::notify;
use crate::{config::Config, ledger::LedgerFault, service::Desk};

/// The words of a refusal in the ledger, at most, in letters.
const MOST: usize = 1_000;

/// Reads the config again at each signal, until it is dropped.
pub(super) async fn run(desk: Desk, path: PathBuf, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now());
        notify(&states);
        if let Err(fault) = reload(&desk, &path).await {
            tracing::error!("the config is not read again, since that can't be recorded: {fault}");
        }
        notify(&[NotifyState::Ready]);
    }
}

/// Brings the file's config into force, or says why not; either is recorded before.
async fn reload(desk: &Desk, path: &Path) -> Result<(), LedgerFault> {
    let house = desk.house();
    let record = |config: &[u8], refused: &str| {
        let reloaded = Event::ConfigReloaded(ConfigReloaded {
            config: config.to_vec(),
            refused: refused.chars().take(MOST).collect(),
        });
        house.ledger.append(reloaded, None)
    };
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error) => {
            tracing::error!("the config stays as it was: {error}");
            return record(&[], &error.to_string()).await.map(drop);
        }
    };
    let digest = config.digest;
    if let Err(change) = house.config.admits(&config) {
        tracing::error!("the config stays as it was: {change}");
        let refused = change.to_string();
        return record(digest.as_bytes(), &refused).await.map(drop);
    }
    record(digest.as_bytes(), "").await?;
    desk.set_config(Arc::new(config));
    tracing::info!(%digest, "the config was read again and is in force");
    Ok(())
}
