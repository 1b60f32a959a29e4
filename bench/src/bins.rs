//! One repository with many hashed bins: each is signed once, over one stream.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use privyseal_proto::v1::{SignRequest, sign_event::Event, signing_client::SigningClient};
use privyseal_tuf::{Draft, Expires, RoleKeys, SuccinctRoles};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

use crate::{
    figures::{Figures, cpu_of, histogram},
    lanes,
    load::Lane,
};

/// How many.
pub const COUNT: usize = 1 << BITS;

const BITS: u32 = 14;

/// Requests in flight.
const IN_FLIGHT: usize = 64;

/// A lineage whose targets delegate to the bins, with one key for all roles.
pub async fn lane(channel: &Channel) -> Result<Lane> {
    let lane = lanes::lane(channel, "bins".to_owned()).await?;
    let mut draft = Draft::targets(1, &crate::expires().parse::<Expires>()?);
    let keys = RoleKeys {
        keyids: vec![draft.add_delegation_key(&lane.public)],
        threshold: 1,
    };
    let bins = SuccinctRoles::new(keys, BITS, "bins".parse()?).context("bins")?;
    draft.set_succinct_roles(&bins);
    let document = draft.finish()?.to_bytes();
    let request = lane.request(0, "targets".to_owned(), document);
    lanes::sign(channel, request).await?;
    Ok(lane)
}

/// Has this version of every bin signed.
pub async fn sign(channel: &Channel, lane: &Lane, version: u64, agent: u32) -> Result<Figures> {
    let request = |bin: usize| -> SignRequest {
        let document = format!(
            r#"{{"signatures":[],"signed":{{"_type":"targets","expires":"{}","spec_version":"1.0.34","targets":{{}},"version":{version}}}}}"#,
            crate::expires(),
        );
        lane.request(bin as u64, format!("bins-{bin:04x}"), document.into_bytes())
    };
    let cpu = cpu_of(agent)?;
    let (requests, outgoing) = mpsc::channel(IN_FLIGHT);
    let start = Instant::now();
    let mut began = vec![start; COUNT];
    for bin in 0..IN_FLIGHT {
        requests.send(request(bin)).await?;
    }
    let mut next = IN_FLIGHT;
    let mut events = SigningClient::new(channel.clone())
        .sign_many(ReceiverStream::new(outgoing))
        .await?
        .into_inner();
    let mut latencies = histogram();
    for _ in 0..COUNT {
        let event = events.message().await?.context("an answer")?;
        let Some(Event::Signed(_)) = event.event else {
            bail!("not signed: {event:?}")
        };
        let since = began
            .get(event.id as usize)
            .context("an id that was sent")?;
        latencies.saturating_record(since.elapsed().as_nanos() as u64);
        if let Some(began) = began.get_mut(next) {
            *began = Instant::now();
            requests.send(request(next)).await?;
            next += 1;
        }
    }
    let cpu = cpu_of(agent)?.saturating_sub(cpu);
    Ok(Figures::new(&latencies, start.elapsed(), Some(cpu)))
}
