mod body;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use anyhow::Context;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::runtime::Handle;

use super::{Content, FetchError, missing};
use body::Body;

/// How long a server is waited for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Until a connection stands.
    connecting: Duration,
    /// While nothing comes.
    silence: Duration,
    /// For a whole metadata file, however little comes at a time.
    metadata: Duration,
    /// Before the second attempt; before each further one it is twice as long.
    pause: Duration,
}

const PATIENCE: Patience = Patience {
    connecting: Duration::from_secs(10),
    silence: Duration::from_secs(30),
    metadata: Duration::from_secs(300),
    pause: Duration::from_millis(500),
};

/// How often a request is made, where the server does not answer or has trouble of its own.
const ATTEMPTS: u32 = 3;

/// How many redirections are followed.
const REDIRECTIONS: usize = 5;

/// Files behind a URL.
#[derive(Debug)]
pub(super) struct Web {
    base: Url,
    client: Client,
    patience: Patience,
    /// Makes the requests; whoever waits for them is on another thread.
    runtime: Handle,
}

impl Web {
    pub(super) fn open(base: Url) -> anyhow::Result<Self> {
        Self::with_patience(base, PATIENCE)
    }

    fn with_patience(base: Url, patience: Patience) -> anyhow::Result<Self> {
        // Somebody may have done it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .user_agent(concat!("privyseal/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(patience.connecting)
            .read_timeout(patience.silence)
            .redirect(Policy::custom(redirect))
            .build()
            .context("cannot make an HTTP client")?;
        let runtime = Handle::current();
        Ok(Self {
            base,
            client,
            patience,
            runtime,
        })
    }

    /// A role's name comes percent-encoded. It stands in the URL as it is, which is how clients ask
    /// for it; a server that keeps it under the encoded name is asked again for that.
    pub(super) fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{name}", self.base.path()));
        match self.runtime.block_on(self.read(&url, limit)) {
            Err(FetchError::Missing { .. }) if name.contains('%') => {
                let literal = self.literal(name);
                self.runtime.block_on(self.read(&literal, limit))
            }
            read => read,
        }
    }

    pub(super) fn target(&self, name: &str) -> Result<Content, FetchError> {
        let url = self.literal(name);
        let response = self.runtime.block_on(self.request(&Method::GET, &url))?;
        Ok(Content {
            length: response.content_length(),
            reader: Box::new(Body::new(response, self.runtime.clone())),
        })
    }

    pub(super) fn target_length(&self, name: &str) -> Result<Option<u64>, FetchError> {
        let url = self.literal(name);
        let response = self.runtime.block_on(self.request(&Method::HEAD, &url))?;
        let length = response.headers().get(reqwest::header::CONTENT_LENGTH);
        Ok(length.and_then(|length| length.to_str().ok()?.parse().ok()))
    }

    /// The URL of what has this name to the letter.
    fn literal(&self, name: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(name.split('/'));
        }
        url
    }

    async fn read(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FetchError> {
        let limit_of_time = self.patience.metadata;
        let whole = async {
            let mut response = self.request(&Method::GET, url).await?;
            let too_long = || FetchError::TooLong {
                place: url.to_string(),
                limit,
            };
            if response
                .content_length()
                .is_some_and(|length| length > limit)
            {
                return Err(too_long());
            }
            let mut bytes = Vec::new();
            let chunk = |error: reqwest::Error| unreadable(url, &error);
            while let Some(more) = response.chunk().await.map_err(chunk)? {
                if (bytes.len() + more.len()) as u64 > limit {
                    return Err(too_long());
                }
                bytes.extend_from_slice(&more);
            }
            Ok(bytes)
        };
        let late = |_| FetchError::Unreadable {
            place: url.to_string(),
            reason: format!("it did not come within {} seconds", limit_of_time.as_secs()),
        };
        tokio::time::timeout(limit_of_time, whole)
            .await
            .map_err(late)?
    }

    async fn request(&self, method: &Method, url: &Url) -> Result<Response, FetchError> {
        let mut pause = self.patience.pause;
        for _ in 1..ATTEMPTS {
            match self.request_once(method, url).await {
                Err((_, Trouble::Passing)) => tokio::time::sleep(pause).await,
                answer => return answer.map_err(|(error, _)| error),
            }
            pause *= 2;
        }
        let last = self.request_once(method, url).await;
        last.map_err(|(error, _)| error)
    }

    async fn request_once(
        &self,
        method: &Method,
        url: &Url,
    ) -> Result<Response, (FetchError, Trouble)> {
        let request = self.client.request(method.clone(), url.clone());
        let response = request.send().await.map_err(|error| {
            let trouble = match error.is_connect() || error.is_timeout() {
                true => Trouble::Passing,
                false => Trouble::Lasting,
            };
            (unreadable(url, &error), trouble)
        })?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let error = match status {
            // Object stores answer 403 for what is not there to those who may not list it.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => {
                missing(url.as_str(), &format!(" (the server answered {status})"))
            }
            _ => FetchError::Unreadable {
                place: url.to_string(),
                reason: format!("the server answered {status}"),
            },
        };
        let trouble = if passing {
            Trouble::Passing
        } else {
            Trouble::Lasting
        };
        Err((error, trouble))
    }
}

/// Whether another attempt may help.
enum Trouble {
    Passing,
    Lasting,
}

fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let came_from = attempt.previous().last().map(Url::scheme);
    if attempt.previous().len() > REDIRECTIONS {
        return attempt.error(format!("it redirects more than {REDIRECTIONS} times"));
    }
    if came_from == Some("https") && attempt.url().scheme() != "https" {
        return attempt.error("it redirects from https to http");
    }
    attempt.follow()
}

fn unreadable(url: &Url, error: &reqwest::Error) -> FetchError {
    // The outermost text names the URL again; what went wrong stands innermost.
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let reason = if error.is_timeout() {
        "the server does not answer in time".to_owned()
    } else {
        cause.to_string()
    };
    FetchError::Unreadable {
        place: url.to_string(),
        reason,
    }
}
