//! Callers: so many requests in flight, each caller with its own lineage.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use privyseal_proto::v1::{
    LineageRef, SignRequest, sign_event::Event, signing_client::SigningClient,
};
use privyseal_tuf::Key;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

use crate::figures::{Figures, cpu_of, histogram};

/// A lineage that is ready to have its targets signed, version after version.
pub struct Lane {
    /// Its name.
    pub lineage: LineageRef,
    /// The name of its key.
    pub key: String,
    /// Its key as metadata has it.
    pub public: Key,
    /// The last version that was signed.
    pub version: AtomicU64,
}

impl Lane {
    /// A request to sign a document of a role.
    pub fn request(&self, id: u64, role: String, document: Vec<u8>) -> SignRequest {
        SignRequest {
            id,
            lineage: Some(self.lineage.clone()),
            role,
            key: self.key.clone(),
            document,
        }
    }

    fn next(&self, id: u64) -> SignRequest {
        let version = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        let document = format!(
            r#"{{"signatures":[],"signed":{{"_type":"targets","expires":"{EXPIRES}","spec_version":"1.0.34","targets":{{"app/release-{version}.tar.gz":{{"hashes":{{"sha256":"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"}},"length":48213}}}},"version":{version}}}}}"#,
            EXPIRES = crate::expires(),
        );
        self.request(id, "targets".to_owned(), document.into_bytes())
    }
}

/// Unary calls, `in_flight` at a time, for `time`.
pub async fn unary(
    channel: &Channel,
    lanes: &Arc<Vec<Lane>>,
    in_flight: usize,
    time: Duration,
    agent: u32,
) -> Result<Figures> {
    let stop = Arc::new(AtomicBool::new(false));
    let cpu = cpu_of(agent)?;
    let start = Instant::now();
    let callers: Vec<_> = (0..in_flight)
        .map(|lane| {
            let (lanes, stop) = (Arc::clone(lanes), Arc::clone(&stop));
            let mut client = SigningClient::new(channel.clone());
            tokio::spawn(async move {
                let lane = lanes.get(lane).context("a lane a caller")?;
                let mut latencies = histogram();
                while !stop.load(Ordering::Relaxed) {
                    let request = lane.next(0);
                    let began = Instant::now();
                    let mut events = client.sign(request).await?.into_inner();
                    let event = events.message().await?.context("an answer")?;
                    latencies.saturating_record(began.elapsed().as_nanos() as u64);
                    if !matches!(event.event, Some(Event::Signed(_))) {
                        bail!("not signed: {event:?}");
                    }
                    // Read to its end: a stream that is dropped is reset.
                    while events.message().await?.is_some() {}
                }
                Ok(latencies)
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut latencies = histogram();
    for caller in callers {
        let one: Histogram<u64> = caller.await??;
        latencies.add(one)?;
    }
    Ok(Figures::new(
        &latencies,
        start.elapsed(),
        Some(cpu_of(agent)?.saturating_sub(cpu)),
    ))
}

/// One stream with `in_flight` requests outstanding, for `time`.
pub async fn stream(
    channel: &Channel,
    lanes: &Arc<Vec<Lane>>,
    in_flight: usize,
    time: Duration,
    agent: u32,
) -> Result<Figures> {
    let cpu = cpu_of(agent)?;
    let start = Instant::now();
    let (requests, outgoing) = mpsc::channel(in_flight);
    let mut began = Vec::with_capacity(in_flight);
    for (id, lane) in lanes.iter().take(in_flight).enumerate() {
        began.push(Instant::now());
        requests.send(lane.next(id as u64)).await?;
    }
    let mut client = SigningClient::new(channel.clone());
    let mut events = client
        .sign_many(ReceiverStream::new(outgoing))
        .await?
        .into_inner();
    let mut latencies = histogram();
    let mut outstanding = in_flight;
    while outstanding > 0 {
        let event = events.message().await?.context("an answer")?;
        let Some(Event::Signed(_)) = event.event else {
            bail!("not signed: {event:?}")
        };
        let lane = event.id as usize;
        let since = began.get_mut(lane).context("an id that was sent")?;
        latencies.saturating_record(since.elapsed().as_nanos() as u64);
        if start.elapsed() < time {
            *since = Instant::now();
            requests
                .send(lanes.get(lane).context("a lane")?.next(event.id))
                .await?;
        } else {
            outstanding -= 1;
        }
    }
    Ok(Figures::new(
        &latencies,
        start.elapsed(),
        Some(cpu_of(agent)?.saturating_sub(cpu)),
    ))
}
