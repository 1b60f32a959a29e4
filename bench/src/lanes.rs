//! Lineages to sign for: each with one key of its own that holds every role.

use std::sync::atomic::AtomicU64;

use anyhow::{Context, Result};
use privyseal_proto::v1::{
    GenerateKeyRequest, LineageRef, SignRequest, keys_client::KeysClient, sign_event::Event,
    signing_client::SigningClient,
};
use privyseal_tests::setup::AUTHORITY;
use privyseal_tuf::{Draft, Expires, Key, PublicKey, RoleType};
use tonic::transport::Channel;

use crate::load::Lane;

/// Generates the keys and signs the first roots.
pub async fn make(channel: &Channel, count: usize) -> Result<Vec<Lane>> {
    let mut lanes = Vec::with_capacity(count);
    for index in 0..count {
        let name = format!("lane-{index}");
        lanes.push(
            lane(channel, name)
                .await
                .with_context(|| format!("lane {index}"))?,
        );
    }
    Ok(lanes)
}

/// Generates a key and signs the first root of a repository, both of this name.
pub async fn lane(channel: &Channel, name: String) -> Result<Lane> {
    let repository = format!("example.org/{name}");
    let request = GenerateKeyRequest {
        keystore: "hsm".to_owned(),
        name: name.clone(),
        algorithm: "ecdsa-p256".to_owned(),
        purpose: "tuf".to_owned(),
        authority: AUTHORITY.to_owned(),
        repository: repository.clone(),
        ..GenerateKeyRequest::default()
    };
    let made = KeysClient::new(channel.clone())
        .generate(request)
        .await?
        .into_inner();
    let key = Key::from_public(&PublicKey::from_spki_pem(&made.public_key)?);
    let mut draft = Draft::root(1, &crate::expires().parse::<Expires>()?);
    let keyid = draft.add_key(&key);
    for role in RoleType::ALL {
        draft.set_role(role, std::slice::from_ref(&keyid), 1);
    }
    let root = draft.finish()?;
    let lineage = LineageRef {
        authority: AUTHORITY.to_owned(),
        repository,
        first_root: root.payload().digest.to_string(),
    };
    let lane = Lane {
        lineage,
        key: name,
        public: key,
        version: AtomicU64::new(0),
    };
    sign(channel, lane.request(0, "root".to_owned(), root.to_bytes())).await?;
    Ok(lane)
}

/// Has one document signed.
pub async fn sign(channel: &Channel, request: SignRequest) -> Result<()> {
    let mut events = SigningClient::new(channel.clone())
        .sign(request)
        .await?
        .into_inner();
    let event = events.message().await?.context("an answer")?;
    anyhow::ensure!(
        matches!(event.event, Some(Event::Signed(_))),
        "not signed: {event:?}"
    );
    Ok(())
}
