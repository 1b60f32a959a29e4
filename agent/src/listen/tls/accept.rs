//! From a socket's connections to callers.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;

use super::{Listener, live::Proof, material::Material, measured::Measured, turned_away::Kind};
use crate::{
    caller::{Caller, Certificate, Standing},
    listen::{Entrance, PeerStream, tether::Tether},
};

/// A connection whose handshake is done.
pub type TlsConnection = PeerStream<TlsStream<Measured>>;

/// Connections as they come. Dropping it closes the socket for new ones.
pub type TlsConnections = ReceiverStream<io::Result<TlsConnection>>;

/// Connections that may wait for the server to take them.
const WAITING: usize = 16;

/// How long nothing is accepted after the system could not.
const PAUSE: Duration = Duration::from_millis(100);

/// So long, and for so many bytes, a client that was refused is listened to: closing before it has
/// said all would take away from it the alert that says why.
const LINGER: (Duration, u64) = (Duration::from_secs(1), 64 * 1024);

/// A connection that came to nothing.
struct TurnedAway(Kind, String);

pub(super) fn connections(
    listener: Arc<Listener>,
    entrance: Entrance,
) -> io::Result<TlsConnections> {
    let socket = TcpListener::from_std(listener.socket.try_clone()?)?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(accept(listener, entrance, socket, sender));
    Ok(ReceiverStream::new(receiver))
}

async fn accept(
    listener: Arc<Listener>,
    entrance: Entrance,
    socket: TcpListener,
    sender: mpsc::Sender<io::Result<TlsConnection>>,
) {
    let mut guests = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = sender.closed() => return,
            Some(_) = guests.join_next() => continue,
            accepted = socket.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                let from = listener.address;
                listener.turned_away.tell(from, Kind::Failed, &error);
                sleep(PAUSE).await;
                continue;
            }
        };
        let (listener, entrance) = (Arc::clone(&listener), entrance.clone());
        let sender = sender.clone();
        guests.spawn(async move {
            match listener.greet(&entrance, stream, from).await {
                // Nobody takes it where the agent is stopping.
                Ok(connection) => drop(sender.send(Ok(connection)).await),
                Err(TurnedAway(kind, why)) => listener.turned_away.tell(from, kind, &why),
            }
        });
    }
}

impl Listener {
    /// Shakes hands, and finds out who it is and whether there is a place.
    async fn greet(
        &self,
        entrance: &Entrance,
        stream: TcpStream,
        from: SocketAddr,
    ) -> Result<TlsConnection, TurnedAway> {
        let material = self.material();
        let (room, displaced) = self.handshakes.enter(from.ip());
        let time = material.section.handshake_time;
        let stream = tokio::select! {
            _ = displaced => {
                let why = "others came while its handshake was not finished";
                return Err(TurnedAway(Kind::Displaced, why.to_owned()));
            }
            shaken = timeout(time.duration(), shake(&material, stream)) => {
                let slow = |_| TurnedAway(Kind::Slow, format!("no handshake within {time}"));
                shaken.map_err(slow)??
            }
        };
        drop(room);
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let leaf = chain.first().map(|leaf| Certificate::read(leaf));
        let (certificate, until) = match leaf {
            Some(Ok(read)) => read,
            Some(Err(error)) => return Err(TurnedAway(Kind::Untrusted, error.to_string())),
            None => return Err(TurnedAway(Kind::NoCertificate, "no certificate".to_owned())),
        };
        let standing = Arc::new(Standing::new(until));
        let caller = Caller::certificate(certificate, Arc::clone(&standing));
        let caller = Arc::new(entrance.recognise(caller));
        let places = entrance.admit(&caller, self.serves);
        let places = places.map_err(|denial| TurnedAway(Kind::Full, denial.to_string()))?;
        let proof = Arc::new(Proof {
            chain: chain.to_vec(),
            caller: Arc::clone(&caller),
            standing: Arc::clone(&standing),
        });
        let entry = self.live.enter(Arc::clone(&proof));
        // What is trusted may have changed since the handshake began, and who changed it saw no
        // entry of this connection.
        let now = self.material();
        if !Arc::ptr_eq(&material, &now) && !proof.verify(now.verifier.as_ref()) {
            entry.0.end();
        }
        let tether = Tether::new(now.section.idle_time.duration(), standing, entry);
        tracing::debug!(caller = caller.name(), %from, "connected");
        Ok(PeerStream::new(stream, caller, places).tethered(tether))
    }
}

async fn shake(material: &Material, stream: TcpStream) -> Result<TlsStream<Measured>, TurnedAway> {
    // Who says nothing costs no more than a socket. An error shows itself in the handshake, too.
    drop(stream.readable().await);
    let stream = Measured::new(stream);
    let handshake = material.acceptor.accept(stream).into_fallible();
    match handshake.await {
        Ok(mut stream) => {
            stream.get_mut().0.lift();
            Ok(stream)
        }
        Err((error, mut stream)) => {
            stream.lift();
            let (time, bytes) = LINGER;
            let rest = async {
                stream.shutdown().await?;
                tokio::io::copy(&mut (&mut stream).take(bytes), &mut tokio::io::sink()).await
            };
            drop(timeout(time, rest).await);
            Err(TurnedAway(Kind::of(&error), error.to_string()))
        }
    }
}
