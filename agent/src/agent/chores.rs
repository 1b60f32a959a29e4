//! What the agent does by the clock: outcomes and refusals to the ledger, checkpoints, health.

use std::time::Duration;

use privyseal_proto::ledger::v1::{LedgerResumed, record::Event};
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};

use super::serve::Health;
use crate::{corridor::House, keystore::KeystoreState, service::Desk};

/// How long an outcome waits for a sync to ride with.
const TICK: Duration = Duration::from_millis(200);

/// How often refusals are summed up.
const REFUSALS: Duration = Duration::from_secs(60);

/// The least time between two checkpoints, and before one that could not be signed is tried again.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(10);

/// How often a ledger that failed is tried.
const PROBE: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub(super) async fn run(desk: Desk, health: Health) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refusals_at = Instant::now() + REFUSALS;
    let mut checkpoint_at = Instant::now();
    let mut checkpoint: Option<JoinHandle<()>> = None;
    let mut probe_at = Instant::now();
    let mut serving = None;
    loop {
        let now = tick.tick().await;
        let house = desk.house();
        let ledger = &house.ledger;
        if now >= refusals_at {
            desk.refusals.record(ledger);
            refusals_at = now + REFUSALS;
        }
        ledger.flush();
        if checkpoint.as_ref().is_none_or(JoinHandle::is_finished)
            && now >= checkpoint_at
            && checkpoint_due(&house)
        {
            // Aside: a token that hangs must hold up nothing but this.
            let house = house.clone();
            checkpoint = Some(tokio::spawn(async move {
                if let Err(error) = house.ledger.checkpoint(&house.keystores).await {
                    tracing::warn!("a checkpoint is due and can't be signed: {error}");
                }
            }));
            checkpoint_at = now + BETWEEN_CHECKPOINTS;
        }
        if ledger.fault().is_some() && now >= probe_at {
            // Whether there is room again is known by trying.
            drop(
                ledger
                    .append(Event::LedgerResumed(LedgerResumed {}), None)
                    .await,
            );
            probe_at = now + PROBE;
        }
        let can_sign = ledger.fault().is_none()
            && house
                .keystores
                .all()
                .any(|k| *k.state().borrow() == KeystoreState::Ready);
        if serving.replace(can_sign) != Some(can_sign) {
            health.set(can_sign).await;
        }
    }
}

fn checkpoint_due(house: &House) -> bool {
    let ledger = &house.ledger;
    let covered = ledger.memory().checkpoint().map_or(0, |head| head.size);
    let every = u64::from(house.config.ledger.checkpoint_every.get());
    ledger.reader().head().size.saturating_sub(covered) >= every
}
