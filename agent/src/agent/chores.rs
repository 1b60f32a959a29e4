//! What the agent does by the clock: outcomes and refusals to the ledger, checkpoints, health.

use std::time::Duration;

use privyseal_proto::v1::signing_server::SigningServer;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonic_health::server::HealthReporter;

use crate::{
    keystore::KeystoreState,
    service::{Desk, SigningService},
};

/// How long an outcome waits for a sync to ride with.
const TICK: Duration = Duration::from_millis(200);

/// How often refusals are summed up.
const REFUSALS: Duration = Duration::from_secs(60);

/// How long to wait after a checkpoint that could not be signed.
const RETRY: Duration = Duration::from_secs(30);

/// Runs until it is dropped.
pub(super) async fn run(desk: Desk, health: HealthReporter) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refusals_at = Instant::now() + REFUSALS;
    let mut checkpoint_at = Instant::now();
    let mut serving = None;
    loop {
        let now = tick.tick().await;
        let ledger = &desk.house.ledger;
        if now >= refusals_at {
            desk.refusals.record(ledger);
            refusals_at = now + REFUSALS;
        }
        ledger.flush();
        if now >= checkpoint_at
            && checkpoint_due(&desk)
            && let Err(error) = ledger.checkpoint(&desk.house.keystores).await
        {
            tracing::warn!("a checkpoint is due and can't be signed: {error}");
            checkpoint_at = now + RETRY;
        }
        let can_sign = ledger.fault().is_none()
            && desk
                .house
                .keystores
                .all()
                .any(|k| *k.state().borrow() == KeystoreState::Ready);
        if serving.replace(can_sign) != Some(can_sign) {
            if can_sign {
                health.set_serving::<SigningServer<SigningService>>().await;
            } else {
                health
                    .set_not_serving::<SigningServer<SigningService>>()
                    .await;
            }
        }
    }
}

fn checkpoint_due(desk: &Desk) -> bool {
    let ledger = &desk.house.ledger;
    let covered = ledger.memory().checkpoint().map_or(0, |head| head.size);
    let every = u64::from(desk.house.config.ledger.checkpoint_every.get());
    ledger.reader().head().size.saturating_sub(covered) >= every
}
