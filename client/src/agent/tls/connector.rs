use std::io::{self, Cursor};
use std::sync::LazyLock;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::{ServiceExt, service_fn};

use super::credentials::Credentials;
use crate::agent::address::Network;

/// For the lookup of the host and the TCP connection.
const CONNECT: Duration = Duration::from_secs(5);
/// For the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// For the agent's first word after it.
const GREETING: Duration = Duration::from_secs(2);
/// How long a connection may be silent before it is asked whether it stands, and for the answer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Connections live on a thread of their own: they are kept alive, or found to be closed, while a
/// person reads and is asked.
static NETWORK: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("network")
        .enable_all()
        .build()
});

/// Why no connection came about, where neither the system nor TLS says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAgent {
    #[error("no answer within {} seconds", CONNECT.as_secs())]
    NoAnswer,
    #[error("a connection, but no TLS handshake within {} seconds", HANDSHAKE.as_secs())]
    NoHandshake,
    #[error("TLS, but not HTTP/2")]
    NoHttp2,
    #[error("the connection was closed right after the TLS handshake")]
    Closed,
}

/// Opens a connection, which is opened anew whenever it is lost. An answer must begin within
/// `patience`.
pub(in crate::agent) async fn open(
    network: &Network,
    credentials: &Credentials,
    patience: Duration,
) -> Result<Channel, tower::BoxError> {
    let runtime = NETWORK.as_ref()?;
    let address = network.to_string();
    let origin = Endpoint::from_shared(address.clone())?.uri().clone();
    // A tonic with TLS of its own takes no other for https; the requests say https all the same.
    let endpoint = Endpoint::from_shared(address.replacen("https", "http", 1))?.origin(origin);
    let credentials = credentials.clone();
    let connector = service_fn(move |uri| {
        let credentials = credentials.clone();
        async move { connect(uri, &credentials).await.map(TokioIo::new) }
    });
    let endpoint = endpoint
        .timeout(patience)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true);
    let opened = runtime.spawn(async move { endpoint.connect_with_connector(connector).await });
    Ok(opened.await??)
}

async fn connect(
    uri: Uri,
    credentials: &Credentials,
) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, tower::BoxError> {
    let tcp = timeout(CONNECT, reach(uri))
        .await
        .map_err(|_| NoAgent::NoAnswer)??;
    let connector = TlsConnector::from(credentials.config.clone());
    let handshake = connector.connect(credentials.server_name.clone(), tcp);
    let mut stream = timeout(HANDSHAKE, handshake)
        .await
        .map_err(|_| NoAgent::NoHandshake)??;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return Err(NoAgent::NoHttp2.into());
    }
    let greeting = greeting(&mut stream).await?;
    let (read, write) = split(stream);
    Ok(join(Cursor::new(greeting).chain(read), write))
}

/// A TCP connection to one of the host's addresses.
async fn reach(uri: Uri) -> Result<TcpStream, tower::BoxError> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_keepalive(Some(KEEP_ALIVE));
    Ok(http.oneshot(uri).await?.into_inner())
}

/// Waits for what the agent says first, its HTTP/2 settings.
///
/// In TLS 1.3 the client's handshake ends before the server has read its certificate. Whoever
/// writes at once may find the connection closed, and never read the alert that says why.
async fn greeting(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, tower::BoxError> {
    let mut first = vec![0; 1024];
    match timeout(GREETING, stream.read(&mut first)).await {
        Ok(Ok(0)) => Err(NoAgent::Closed.into()),
        Ok(Ok(length)) => {
            first.truncate(length);
            Ok(first)
        }
        Ok(Err(error)) => Err(io::Error::into(error)),
        // HTTP/2 lets a server wait for the client, too.
        Err(_) => Ok(Vec::new()),
    }
}
