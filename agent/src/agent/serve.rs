//! The gRPC servers, one for the Unix socket and one for each `[[listen]]`, until they are told to
//! stop.

mod health;
mod services;

use std::{io, time::Duration};

use sd_notify::NotifyState;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tokio_stream::Stream;
use tonic::{
    service::Routes,
    transport::{Server, server::Connected},
};

pub(super) use self::health::Health;
use self::services::Services;
use super::{AgentError, chores};
use crate::{
    caller::Caller,
    config::Serves,
    listen::{Entrance, Listeners, RefuseLayer, Socket, connections},
    service::Desk,
};

/// How long requests in flight may go on after the agent was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// The headers of a request, in bytes, at most.
const HEADERS: u32 = 16 * 1024;

/// Serves until `stop`, then drains.
pub(super) async fn serve(
    desk: &Desk,
    socket: &Socket,
    listeners: &Listeners,
    stop: impl Future<Output = ()>,
) -> Result<(), AgentError> {
    let (services, health) = Services::new(desk);
    let door = RefuseLayer::new(desk.clone(), Serves::Privyseal);
    let entrance = Entrance::new(desk.clone());
    let mut servers = Servers {
        all: JoinSet::new(),
        streams: desk.house().config.limits.requests.get(),
        desk: desk.clone(),
    };
    let local = connections(socket, entrance.clone())?;
    servers.start(door.clone(), services.local()?, local);
    for listener in listeners.iter() {
        let serves = listener.serves();
        let incoming = listener.connections(entrance.clone())?;
        servers.start(door.serving(serves), services.of(serves), incoming);
    }
    let chores = tokio::spawn(chores::run(desk.clone(), health));
    let watch = tokio::spawn(listeners.clone().watch());
    notify(&[NotifyState::Ready]);
    tracing::info!("ready for callers");
    let served = tokio::select! {
        served = servers.ended() => served,
        () = stop => {
            notify(&[NotifyState::Stopping]);
            tracing::info!("stopping: requests in flight are finished first");
            Ok(())
        }
    };
    servers.stop().await;
    chores.abort();
    watch.abort();
    // Requests of streams go on without their connection: wait for them, and take no more.
    drop(tokio::time::timeout(DRAIN, desk.requests.emptied()).await);
    desk.requests.close();
    served
}

/// Servers that run.
struct Servers {
    all: JoinSet<Result<(), tonic::transport::Error>>,
    /// Requests of one connection at a time.
    streams: u32,
    desk: Desk,
}

impl Servers {
    fn start<S>(
        &mut self,
        door: RefuseLayer,
        routes: Routes,
        incoming: impl Stream<Item = io::Result<S>> + Send + 'static,
    ) where
        S: Connected<ConnectInfo = std::sync::Arc<Caller>>
            + AsyncRead
            + AsyncWrite
            + Send
            + Unpin
            + 'static,
    {
        let server = Server::builder()
            .layer(door)
            .max_concurrent_streams(self.streams)
            .http2_max_header_list_size(HEADERS)
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, self.desk.stopping());
        self.all.spawn(server);
    }

    /// Waits until one ends by itself.
    async fn ended(&mut self) -> Result<(), AgentError> {
        match self.all.join_next().await {
            None => Ok(()),
            Some(Ok(served)) => Ok(served?),
            Some(Err(error)) => Err(AgentError::System {
                what: "a server broke",
                source: error.into(),
            }),
        }
    }

    /// Takes no more connections, and waits for the requests in flight. A caller that keeps a
    /// stream open does not keep the agent.
    async fn stop(&mut self) {
        self.desk.announce_stop();
        let all = async { while self.all.join_next().await.is_some() {} };
        drop(tokio::time::timeout(DRAIN, all).await);
    }
}

pub(super) fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not notified");
    }
}
