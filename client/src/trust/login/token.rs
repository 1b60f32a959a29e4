use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::{Login, LoginError, secret_header};
use crate::show::escape;
use crate::trust::http::{Http, Reply, TransportError};

/// A token, and until when it is used.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) header: HeaderValue,
    until: Instant,
}

/// What the answer must be, and what of it is used.
#[derive(Deserialize)]
struct Answer {
    token: Option<SecretString>,
    access_token: Option<SecretString>,
    expires_in: Option<u64>,
}

/// Where a token is to be had, and for what.
pub(super) struct Request<'a> {
    pub(super) realm: &'a Url,
    pub(super) service: Option<&'a str>,
    pub(super) scope: &'a str,
}

const LONGEST: usize = 64 * 1024;
const SHOWN: usize = 200;
/// What a token that says nothing of it is good for.
const LIFE: u64 = 60;
/// It is not used in its last moments.
const MARGIN: u64 = 5;
const CLIENT: &str = "privyseal";

impl Token {
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.until
    }

    fn of(answer: Answer) -> Option<Self> {
        let filled = |text: &SecretString| !text.expose_secret().is_empty();
        let token = answer.token.filter(filled);
        let token = token.or(answer.access_token).filter(filled)?;
        let text = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
        let life = answer.expires_in.unwrap_or(LIFE).min(3600);
        let life = Duration::from_secs(life.saturating_sub(MARGIN));
        Some(Self {
            header: secret_header(&text)?,
            until: Instant::now() + life,
        })
    }
}

/// Why there is no token.
pub(super) enum NoToken {
    Login(LoginError),
    Transport(TransportError),
}

impl Request<'_> {
    /// Asks for it, with a login or as anybody.
    pub(super) async fn send(&self, http: &Http, login: Option<&Login>) -> Result<Token, NoToken> {
        let reply = match login {
            Some(Login::IdentityToken(token)) => self.refresh(http, token).await,
            Some(login @ Login::Password { user, .. }) => {
                let url = self.url(Some(user));
                let mut request = http.request(Method::GET, &url);
                if let Some(header) = login.basic() {
                    request = request.header(AUTHORIZATION, header);
                }
                http.send(request, LONGEST).await
            }
            None => {
                let request = http.request(Method::GET, &self.url(None));
                http.send(request, LONGEST).await
            }
        };
        let reply = reply.map_err(NoToken::Transport)?;
        self.read(&reply).map_err(NoToken::Login)
    }

    fn url(&self, account: Option<&str>) -> Url {
        let mut url = self.realm.clone();
        let mut query = url.query_pairs_mut();
        if let Some(account) = account {
            query.append_pair("account", account);
        }
        query.append_pair("scope", self.scope);
        if let Some(service) = self.service {
            query.append_pair("service", service);
        }
        drop(query);
        url
    }

    async fn refresh(&self, http: &Http, token: &SecretString) -> Result<Reply, TransportError> {
        // With room for all, so that no part of the token is left where the text was before.
        let room = 512
            + 3 * (self.scope.len()
                + self.service.map_or(0, str::len)
                + token.expose_secret().len());
        let mut form = Serializer::new(String::with_capacity(room));
        form.append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT)
            .append_pair("scope", self.scope)
            .append_pair("service", self.service.unwrap_or_default())
            .append_pair("refresh_token", token.expose_secret());
        let request = http
            .request(Method::POST, self.realm)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from_owner(Zeroizing::new(
                form.finish().into_bytes(),
            )));
        http.send(request, LONGEST).await
    }

    fn read(&self, reply: &Reply) -> Result<Token, LoginError> {
        let refused = |reason: String| LoginError::NoToken {
            realm: self.realm.origin().ascii_serialization(),
            reason,
        };
        if !reply.status.is_success() {
            let text = String::from_utf8_lossy(&reply.body);
            let first: String = text.trim().chars().take(SHOWN).collect();
            return Err(refused(format!("{} {}", reply.status, escape(&first))));
        }
        // What serde says of a value shows the value.
        let answer = serde_json::from_slice(&reply.body).ok();
        let token = answer.and_then(Token::of);
        token.ok_or_else(|| refused("its answer has none".to_owned()))
    }
}
