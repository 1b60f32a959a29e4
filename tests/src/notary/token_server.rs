//! A token server, as registries and notary-servers send their users to one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::certificates::{Ca, Credential};

/// Gives tokens over TLS, as JWT signed with ES256 whose certificate comes from a [`Ca`]. It answers
/// until the test ends.
#[derive(Debug, Clone)]
pub struct TokenServer {
    realm: String,
    bundle: PathBuf,
    asked: Arc<Mutex<Vec<TokenRequest>>>,
}

/// What was asked of a [`TokenServer`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// Who asked: a user whose password was right, or who had an identity token.
    pub user: Option<String>,
    /// `repository:NAME:ACTIONS`.
    pub scope: String,
    /// `GET`, or `POST` for an identity token.
    pub method: String,
}

struct Issuer {
    tls: Arc<ServerConfig>,
    pair: EcdsaKeyPair,
    /// The header of every token.
    header: Value,
    asked: Arc<Mutex<Vec<TokenRequest>>>,
}

impl TokenServer {
    /// May do everything.
    pub const OWNER: (&'static str, &'static str) = ("ada", "a password of the tests");
    /// May read.
    pub const READER: (&'static str, &'static str) = ("bob", "another password");
    /// Stands for [`Self::OWNER`].
    pub const IDENTITY: &'static str = "an identity token";
    /// As tokens name it.
    pub const ISSUER: &'static str = "issuer of the tests";
    /// For whom tokens are.
    pub const SERVICE: &'static str = "notary";

    /// Starts one on `localhost`.
    #[must_use]
    pub fn start(ca: &Ca) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            realm: format!("https://localhost:{port}/token"),
            bundle: ca.path(),
            asked: Arc::default(),
        };
        let tls = ca.server("token-server", &["localhost"]);
        let signer = ca.server("token-signer", &["tokens.example.test"]);
        let issuer = Arc::new(Issuer::new(&tls, &signer, server.asked.clone()));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let issuer = Arc::clone(&issuer);
                // Who goes away in mid-answer has what he wanted.
                thread::spawn(move || drop(issuer.serve(stream)));
            }
        });
        server
    }

    /// What was asked since this was called last.
    #[must_use]
    pub fn asked(&self) -> Vec<TokenRequest> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// The section `auth` of the config of notary-server.
    #[must_use]
    pub fn notary_auth(&self) -> Value {
        json!({ "type": "token", "options": self.options() })
    }

    /// The section `auth` of the config of docker-registry.
    #[must_use]
    pub fn registry_auth(&self) -> Value {
        json!({ "token": self.options() })
    }

    fn options(&self) -> Value {
        json!({
            "realm": self.realm,
            "service": Self::SERVICE,
            "issuer": Self::ISSUER,
            "rootcertbundle": self.bundle,
        })
    }

    /// base64 of `USER:PASSWORD`, as docker's config and `NOTARY_AUTH` have it.
    #[must_use]
    pub fn login((user, password): (&str, &str)) -> String {
        BASE64_STANDARD.encode(format!("{user}:{password}"))
    }
}

impl Issuer {
    fn new(tls: &Credential, signer: &Credential, asked: Arc<Mutex<Vec<TokenRequest>>>) -> Self {
        let key = |credential: &Credential| PrivateKeyDer::from_pem_file(&credential.key).unwrap();
        let chain = vec![CertificateDer::from_pem_file(&tls.certificate).unwrap()];
        let config = ServerConfig::builder().with_no_client_auth();
        let PrivateKeyDer::Pkcs8(pkcs8) = key(signer) else {
            panic!("the key is PKCS#8");
        };
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.secret_pkcs8_der(), &random);
        let certificate = BASE64_STANDARD.encode(signer.der());
        Self {
            tls: Arc::new(config.with_single_cert(chain, key(tls)).unwrap()),
            pair: pair.unwrap(),
            header: json!({ "typ": "JWT", "alg": "ES256", "x5c": [certificate] }),
            asked,
        }
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let connection = ServerConnection::new(self.tls.clone()).unwrap();
        let mut reader = BufReader::new(StreamOwned::new(connection, stream));
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let (mut length, mut authorization) = (0, None);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? <= 2 {
                break;
            }
            match line.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap();
                }
                Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                    authorization = Some(value.to_owned());
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut words = first.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let query = match method.as_str() {
            "POST" => String::from_utf8(body).unwrap(),
            _ => {
                let target = words.next().unwrap_or_default();
                target.split_once('?').unwrap_or_default().1.to_owned()
            }
        };
        let (status, answer) = self.answer(&method, &query, authorization.as_deref());
        let (answer, stream) = (answer.to_string(), reader.get_mut());
        write!(
            stream,
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{answer}",
            answer.len()
        )?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    fn answer(&self, method: &str, query: &str, authorization: Option<&str>) -> (u16, Value) {
        let url = reqwest::Url::parse(&format!("https://localhost/?{query}")).unwrap();
        let parameter = |name: &str| {
            let mut pairs = url.query_pairs();
            let found = pairs.find(|(key, _)| key == name);
            found.map_or_else(String::new, |(_, value)| value.into_owned())
        };
        let users = [TokenServer::OWNER, TokenServer::READER];
        let of_password = |user: &&(&str, &str)| {
            authorization == Some(&format!("Basic {}", TokenServer::login(**user)))
        };
        let user = match method {
            "POST" => (parameter("refresh_token") == TokenServer::IDENTITY).then_some(users[0].0),
            _ => users.iter().find(of_password).map(|user| user.0),
        };
        let scope = parameter("scope");
        self.asked.lock().unwrap().push(TokenRequest {
            user: user.map(str::to_owned),
            scope: scope.clone(),
            method: method.to_owned(),
        });
        let is_wrong = method == "POST" || authorization.is_some();
        if user.is_none() && is_wrong {
            return (401, json!({ "details": "incorrect username or password" }));
        }
        let token = self.token(user.unwrap_or_default(), &scope);
        let name = if method == "POST" {
            "access_token"
        } else {
            "token"
        };
        (200, json!({ name: token, "expires_in": 300 }))
    }

    fn token(&self, user: &str, scope: &str) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let (rest, actions) = scope.rsplit_once(':').unwrap_or_default();
        let name = rest.strip_prefix("repository:").unwrap_or_default();
        let may = |action: &&str| match user {
            "ada" => true,
            "bob" => *action == "pull",
            _ => false,
        };
        let actions: Vec<&str> = actions.split(',').filter(may).collect();
        let claims = json!({
            "iss": TokenServer::ISSUER,
            "sub": user,
            "aud": TokenServer::SERVICE,
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": format!("{now}-{scope}"),
            "access": [{ "type": "repository", "name": name, "actions": actions }],
        });
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let payload = format!("{}.{}", encode(&self.header), encode(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), payload.as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature.unwrap());
        format!("{payload}.{signature}")
    }
}
