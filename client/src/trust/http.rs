//! HTTP with bounds: how long a server is waited for, how much of an answer is read, where a
//! redirection may lead.

mod error;
mod open;
mod tls;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

pub use error::{TransportError, TransportKind};

/// How long a server is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a connection stands.
    pub connecting: Duration,
    /// While nothing comes of an answer.
    pub silence: Duration,
    /// For a whole request and its answer.
    pub whole: Duration,
    /// Before the second attempt; before each further one it is twice as long.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            whole: Duration::from_secs(300),
            pause: Duration::from_millis(500),
        }
    }
}

/// How often something is asked for, where the server does not answer or has trouble of its own.
const ATTEMPTS: u32 = 3;
/// How many redirections are followed.
const REDIRECTIONS: usize = 5;
/// How much is read of an answer that says why not.
const REFUSAL: usize = 64 * 1024;

/// A server, and with what it is spoken to.
#[derive(Clone, Debug)]
pub(in crate::trust) struct Http {
    base: Url,
    /// Shows the client's certificate to whoever asks.
    client: Client,
    /// Shows none: for whoever else the server sends us to.
    stranger: Client,
    patience: Patience,
}

/// An answer. The body of one that is no success may be cut off.
#[derive(Clone, Debug)]
pub(in crate::trust) struct Reply {
    pub(in crate::trust) status: StatusCode,
    pub(in crate::trust) headers: HeaderMap,
    pub(in crate::trust) body: Bytes,
}

impl Http {
    pub(in crate::trust) fn base(&self) -> &Url {
        &self.base
    }

    /// Asks for something, again where that may help, and follows redirections: a few, never from
    /// TLS to none, and to another server neither with the authorization nor with a certificate.
    pub(in crate::trust) async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        authorization: Option<&HeaderValue>,
        limit: usize,
    ) -> Result<Reply, TransportError> {
        let mut pause = self.patience.pause;
        for _ in 1..ATTEMPTS {
            match self.get_once(url, accept, authorization, limit).await {
                Ok(reply) if !is_trouble(reply.status) => return Ok(reply),
                Err(error) if !error.is_passing() => return Err(error),
                Ok(_) | Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        self.get_once(url, accept, authorization, limit).await
    }

    async fn get_once(
        &self,
        url: &Url,
        accept: &'static str,
        authorization: Option<&HeaderValue>,
        limit: usize,
    ) -> Result<Reply, TransportError> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTIONS {
            let mut request = self.request(Method::GET, &url).header(ACCEPT, accept);
            let authorization = authorization.filter(|_| self.is_ours(&url));
            if let Some(authorization) = authorization {
                request = request.header(AUTHORIZATION, authorization);
            }
            let reply = self.send(request, limit).await?;
            if !reply.status.is_redirection() {
                return Ok(reply);
            }
            url = self.next(&url, &reply)?;
        }
        let reason = format!("it redirects more than {REDIRECTIONS} times");
        Err(TransportError::redirect(&self.base, reason))
    }

    /// A request to this server, or without this client's certificate to another.
    pub(in crate::trust) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let client = match self.is_ours(url) {
            true => &self.client,
            false => &self.stranger,
        };
        client.request(method, url.clone())
    }

    /// Sends a request once and follows nothing.
    pub(in crate::trust) async fn send(
        &self,
        request: RequestBuilder,
        limit: usize,
    ) -> Result<Reply, TransportError> {
        let whole = async {
            let response = request.send().await;
            let response = response.map_err(|error| TransportError::of(&self.base, &error))?;
            self.read(response, limit).await
        };
        let late = |_| TransportError::late(&self.base, self.patience.whole);
        let reply = tokio::time::timeout(self.patience.whole, whole).await;
        reply.map_err(late)?
    }

    async fn read(&self, mut response: Response, limit: usize) -> Result<Reply, TransportError> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let is_whole = status.is_success();
        let limit = if is_whole { limit } else { limit.min(REFUSAL) };
        let too_large = || TransportError::too_large(&self.base, limit);
        let announced = response.content_length();
        if is_whole && announced.is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // Of a refusal the status is enough.
                Err(_) if !is_whole => break,
                Err(error) => return Err(TransportError::of(&self.base, &error)),
            };
            if body.len() + chunk.len() > limit {
                if is_whole {
                    return Err(too_large());
                }
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status,
            headers,
            body: body.freeze(),
        })
    }

    fn next(&self, from: &Url, reply: &Reply) -> Result<Url, TransportError> {
        let refuse = |reason: &str| TransportError::redirect(&self.base, reason);
        let location = reply.headers.get(LOCATION).and_then(|it| it.to_str().ok());
        let location = location.ok_or_else(|| refuse("it redirects to nowhere"))?;
        let next = from.join(location);
        let next = next.map_err(|_| refuse("it redirects to what is no URL"))?;
        match next.scheme() {
            "https" => Ok(next),
            "http" if from.scheme() == "http" && self.is_ours(&next) => Ok(next),
            _ => Err(refuse("it redirects to what is not https")),
        }
    }

    fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }
}

fn is_trouble(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
