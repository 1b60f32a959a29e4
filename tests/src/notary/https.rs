//! HTTP as a stranger speaks it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder, Identity, Method, RequestBuilder};
use tokio::runtime::{Builder, Runtime};

use crate::certificates::Credential;

/// A client without async that trusts one authority alone, and caches nothing.
#[derive(Debug, Clone)]
pub struct Https {
    runtime: Arc<Runtime>,
    client: Client,
}

/// A status, headers and a body.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Https {
    /// Trusts the authority whose certificate (PEM) is in this file.
    #[must_use]
    pub fn trusting(ca: &Path) -> Self {
        Self::with(ca, |client| client)
    }

    /// As [`Self::trusting`], and shows this certificate to servers that ask for one.
    #[must_use]
    pub fn showing(ca: &Path, credential: &Credential) -> Self {
        let both = [&credential.certificate, &credential.key].map(|file| fs::read(file).unwrap());
        let identity = Identity::from_pem(&both.concat()).unwrap();
        Self::with(ca, |client| client.identity(identity))
    }

    fn with(ca: &Path, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        // Another test of this process may have done it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let ca = Certificate::from_pem(&fs::read(ca).unwrap()).unwrap();
        let client = Client::builder().tls_certs_only([ca]).no_proxy();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            runtime: Arc::new(runtime),
            client: change(client).build().unwrap(),
        }
    }

    /// GET, where somebody answers.
    #[must_use]
    pub fn try_get(&self, url: &str) -> Option<Reply> {
        self.ask(Method::GET, url, "", Vec::new()).ok()
    }

    /// The body that a GET brings.
    ///
    /// # Panics
    /// Where the status is not 200.
    #[must_use]
    pub fn get(&self, url: &str) -> Vec<u8> {
        let reply = self.ask(Method::GET, url, "", Vec::new()).unwrap();
        let said = String::from_utf8_lossy(&reply.body);
        assert_eq!(reply.status, 200, "{url}: {said}");
        reply.body
    }

    /// HEAD, of what has one of these types.
    ///
    /// # Panics
    /// Where nobody answers.
    #[must_use]
    pub fn head(&self, url: &str, accept: &str) -> Reply {
        let request = self.client.head(url).header("accept", accept);
        self.runtime.block_on(answered(request)).unwrap()
    }

    /// Any request with a body of this type.
    ///
    /// # Errors
    /// Where nobody answers.
    pub fn ask(
        &self,
        method: Method,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> reqwest::Result<Reply> {
        let request = self.client.request(method, url);
        let request = request.header("content-type", content_type).body(body);
        self.runtime.block_on(answered(request))
    }
}

async fn answered(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    Ok(Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await?.to_vec(),
    })
}
