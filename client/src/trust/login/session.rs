use std::collections::BTreeMap;

use reqwest::header::HeaderValue;
use reqwest::{RequestBuilder, StatusCode, Url};
use tokio::sync::Mutex;

use super::challenge::{self, Challenge};
use super::token::{NoToken, Request, Token};
use super::{Login, LoginError, Logins};
use crate::trust::http::{Http, Reply, TransportError};
use crate::trust::reference::Gun;
use crate::trust::settings::is_loopback;

/// A server that may ask who we are, and what we told it.
#[derive(Debug)]
pub(in crate::trust) struct Session {
    http: Http,
    logins: Logins,
    is_trust_server: bool,
    token_hosts: Vec<String>,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// What the server asked for when it was asked first.
    challenge: Option<Challenge>,
    was_asked: bool,
    tokens: BTreeMap<String, Token>,
}

/// Why nothing came back.
#[derive(Clone, Debug)]
pub(in crate::trust) enum SessionError {
    Login(LoginError),
    /// Before what was asked was sent.
    Transport(TransportError),
    /// Of what was to change something: it was sent.
    Sent(TransportError),
}

/// For whom and for what something is asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust) struct Purpose<'a> {
    pub(in crate::trust) gun: &'a Gun,
    /// As the server names the repository: the trust server by its whole name, the registry by
    /// its path.
    pub(in crate::trust) repository: &'a str,
    /// `pull`, `push,pull` or `*`.
    pub(in crate::trust) actions: &'a str,
}

impl Session {
    pub(in crate::trust) fn new(
        http: Http,
        logins: Logins,
        is_trust_server: bool,
        token_hosts: Vec<String>,
    ) -> Self {
        Self {
            http,
            logins,
            is_trust_server,
            token_hosts,
            told: Mutex::default(),
        }
    }

    pub(in crate::trust) fn http(&self) -> &Http {
        &self.http
    }

    /// Asks for something; says who we are only where the server wants to know.
    pub(in crate::trust) async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        purpose: Purpose<'_>,
        limit: usize,
    ) -> Result<Reply, SessionError> {
        let known = self.authorization(purpose).await?;
        let reply = self.http.get(url, accept, known.as_ref(), limit).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let Some(header) = self.answer(&reply, purpose).await? else {
            return Ok(reply);
        };
        Ok(self.http.get(url, accept, Some(&header), limit).await?)
    }

    /// Sends something once, after the server was asked whether it wants to know who we are. A
    /// server that did not take it for that reason gets it again.
    pub(in crate::trust) async fn send(
        &self,
        make: impl Fn(&Http) -> RequestBuilder,
        purpose: Purpose<'_>,
        limit: usize,
    ) -> Result<Reply, SessionError> {
        self.introduce(purpose).await?;
        let known = self.authorization(purpose).await?;
        let reply = self
            .http
            .send(with(make(&self.http), known.as_ref()), limit)
            .await
            .map_err(SessionError::Sent)?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let Some(header) = self.answer(&reply, purpose).await? else {
            return Ok(reply);
        };
        let again = with(make(&self.http), Some(&header));
        let reply = self.http.send(again, limit).await;
        reply.map_err(SessionError::Sent)
    }

    /// Asks what every registry and trust server answers, and remembers what it wants to know.
    pub(in crate::trust) async fn introduce(
        &self,
        purpose: Purpose<'_>,
    ) -> Result<Reply, SessionError> {
        let url = ping(self.http.base());
        let reply = self.http.get(&url, "*/*", None, 64 * 1024).await?;
        let mut told = self.told.lock().await;
        told.was_asked = true;
        if reply.status == StatusCode::UNAUTHORIZED {
            told.challenge = Challenge::of(&reply.headers);
            drop(told);
            drop(self.authorization(purpose).await?);
        }
        Ok(reply)
    }

    /// What this server is told, as far as it asked before.
    async fn authorization(
        &self,
        purpose: Purpose<'_>,
    ) -> Result<Option<HeaderValue>, SessionError> {
        let told = self.told.lock().await;
        let Some(challenge) = told.challenge.clone() else {
            return Ok(None);
        };
        let fresh = told.tokens.get(&purpose.scope());
        let fresh = fresh.filter(|token| token.is_fresh());
        if let Some(token) = fresh {
            return Ok(Some(token.header.clone()));
        }
        drop(told);
        self.prove(&challenge, purpose).await
    }

    /// What is said to a server that just refused for want of it.
    async fn answer(
        &self,
        reply: &Reply,
        purpose: Purpose<'_>,
    ) -> Result<Option<HeaderValue>, SessionError> {
        let Some(challenge) = Challenge::of(&reply.headers) else {
            return Ok(None);
        };
        let mut told = self.told.lock().await;
        told.challenge = Some(challenge.clone());
        told.tokens.remove(&purpose.scope());
        drop(told);
        self.prove(&challenge, purpose).await
    }

    async fn prove(
        &self,
        challenge: &Challenge,
        purpose: Purpose<'_>,
    ) -> Result<Option<HeaderValue>, SessionError> {
        let login = self.login(purpose.gun).await?;
        match challenge {
            Challenge::Basic => {
                let login = login.ok_or_else(|| LoginError::Missing {
                    server: self.name(),
                })?;
                let base = self.http.base();
                if base.scheme() != "https" && !is_loopback(base) {
                    return Err(LoginError::Clear {
                        server: self.name(),
                    }
                    .into());
                }
                Ok(login.basic())
            }
            Challenge::Bearer { realm, service } => {
                let token = self
                    .token(realm, service.as_deref(), login, purpose)
                    .await?;
                let header = token.header.clone();
                let mut told = self.told.lock().await;
                told.tokens.insert(purpose.scope(), token);
                Ok(Some(header))
            }
        }
    }

    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        login: Option<Login>,
        purpose: Purpose<'_>,
    ) -> Result<Token, SessionError> {
        let url = challenge::realm(realm).map_err(|reason| LoginError::Realm {
            server: self.name(),
            realm: crate::show::escape(&realm.chars().take(200).collect::<String>()),
            reason,
        })?;
        if login.is_some() && !self.may_have_password(&url) {
            return Err(LoginError::ForeignRealm {
                server: self.name(),
                host: url.host_str().unwrap_or_default().to_owned(),
            }
            .into());
        }
        let scope = purpose.scope();
        let request = Request {
            realm: &url,
            service,
            scope: &scope,
        };
        let token = request.send(&self.http, login.as_ref()).await;
        token.map_err(|no| match no {
            NoToken::Login(LoginError::NoToken { .. }) if login.is_none() => LoginError::Missing {
                server: self.name(),
            }
            .into(),
            NoToken::Login(error) => error.into(),
            NoToken::Transport(error) => error.into(),
        })
    }

    /// A password goes to the server's own host, and to hosts that were named for it.
    fn may_have_password(&self, realm: &Url) -> bool {
        let host = realm.host_str().unwrap_or_default();
        let is_own = self.http.base().host_str() == Some(host);
        is_own || self.token_hosts.iter().any(|named| named == host)
    }

    async fn login(&self, gun: &Gun) -> Result<Option<Login>, LoginError> {
        if !self.is_trust_server {
            return self.logins.of_registry(gun).await;
        }
        let base = self.http.base();
        let host = base.host_str().unwrap_or_default();
        let host = match base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        self.logins.of_server(&host, gun).await
    }

    fn name(&self) -> String {
        self.http.base().origin().ascii_serialization()
    }
}

impl Purpose<'_> {
    /// What the token is for. It is never what the server would like it to be.
    fn scope(&self) -> String {
        format!("repository:{}:{}", self.repository, self.actions)
    }
}

impl From<LoginError> for SessionError {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

impl From<TransportError> for SessionError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

fn with(request: RequestBuilder, authorization: Option<&HeaderValue>) -> RequestBuilder {
    match authorization {
        Some(value) => request.header(reqwest::header::AUTHORIZATION, value),
        None => request,
    }
}

/// The path that registries and trust servers have in common.
fn ping(base: &Url) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(["v2", ""]);
    }
    url
}
