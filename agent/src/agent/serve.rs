//! The gRPC server: services, limits, health and reflection, until it is told to stop.

use std::{sync::Arc, time::Duration};

use privyseal_proto::v1::{
    DESCRIPTORS, admin_server::AdminServer, keys_server::KeysServer, ledger_server::LedgerServer,
    signing_server::SigningServer,
};
use sd_notify::NotifyState;
use tokio::sync::Notify;
use tonic::transport::Server;

use super::{AgentError, chores};
use crate::{
    config::Serves,
    listen::{Entrance, RefuseLayer, Socket, connections},
    service::{AdminService, Desk, KeysService, LedgerService, SigningService},
};

/// How long requests in flight may go on after the agent was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// What a message has besides the document.
const ENVELOPE: usize = 64 * 1024;

/// Serves until `stop`, then drains.
pub(super) async fn serve(
    desk: &Desk,
    socket: &Socket,
    stop: impl Future<Output = ()>,
) -> Result<(), AgentError> {
    let config = desk.house().config;
    let limits = config.limits;
    let message = limits.document_bytes.saturating_add(ENVELOPE);
    let signing =
        SigningServer::new(SigningService::new(desk.clone())).max_decoding_message_size(message);
    // Enrolling a repository carries all its roots.
    let admin = AdminServer::new(AdminService::new(desk.clone()))
        .max_decoding_message_size(message.saturating_mul(4));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|error| AgentError::System {
            what: "can't describe the services",
            source: std::io::Error::other(error),
        })?;
    let (health, health_service) = tonic_health::server::health_reporter();
    let chores = tokio::spawn(chores::run(desk.clone(), health));
    let stopping = Arc::new(Notify::new());
    let draining = Arc::clone(&stopping);
    let server = Server::builder()
        .layer(RefuseLayer::new(desk.clone(), Serves::Privyseal))
        .max_concurrent_streams(limits.requests.get())
        .add_service(health_service)
        .add_service(reflection)
        .add_service(signing)
        .add_service(KeysServer::new(KeysService::new(desk.clone())))
        .add_service(LedgerServer::new(LedgerService::new(desk.clone())))
        .add_service(admin)
        .serve_with_incoming_shutdown(
            connections(socket, Entrance::new(desk.clone()))?,
            async move { draining.notified().await },
        );
    notify(&[NotifyState::Ready]);
    tracing::info!("ready for callers");
    tokio::pin!(server);
    let served = tokio::select! {
        served = &mut server => served,
        () = stop => {
            notify(&[NotifyState::Stopping]);
            tracing::info!("stopping: requests in flight are finished first");
            stopping.notify_one();
            // A caller that keeps a stream open does not keep the agent.
            tokio::time::timeout(DRAIN, &mut server).await.unwrap_or(Ok(()))
        }
    };
    chores.abort();
    // Requests of streams go on without their connection: wait for them, and take no more.
    drop(tokio::time::timeout(DRAIN, desk.requests.emptied()).await);
    desk.requests.close();
    Ok(served?)
}

pub(super) fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not notified");
    }
}
