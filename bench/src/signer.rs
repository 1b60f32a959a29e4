//! Callers of notary's signer API, as notary-server is one: two RPCs a signature, TLS with a client
//! certificate, each caller with a timestamp key of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use privyseal_proto::notary::{
    CreateKeyRequest, KeyId, SignatureRequest, key_management_client::KeyManagementClient,
    signer_client::SignerClient,
};
use privyseal_tests::certificates::{Ca, Credential};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::figures::{Figures, cpu_of, histogram};

/// A signer and its keys.
pub struct Signer {
    endpoint: Endpoint,
    channel: Channel,
    keys: Arc<Vec<TimestampKey>>,
    process: u32,
}

/// How long a caller keeps its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// All share one, as notary-server does.
    Kept,
    /// A new one for each signature.
    New,
}

struct TimestampKey {
    id: String,
    version: AtomicU64,
}

impl Signer {
    /// Connects to `https://localhost:port` and has so many keys made.
    pub async fn connect(
        port: u16,
        ca: &Ca,
        client: &Credential,
        keys: usize,
        process: u32,
    ) -> Result<Self> {
        let read = |path: &std::path::Path| std::fs::read(path);
        let identity = Identity::from_pem(read(&client.certificate)?, read(&client.key)?);
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(read(&ca.path())?))
            .identity(identity)
            .domain_name("localhost");
        let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}"))?;
        let endpoint = endpoint.tls_config(tls)?;
        let channel = endpoint.connect().await?;
        let mut client = KeyManagementClient::new(channel.clone());
        let mut made = Vec::with_capacity(keys);
        for index in 0..keys {
            let request = CreateKeyRequest {
                algorithm: "ecdsa".to_owned(),
                gun: format!("{GUNS}/bench-{index}"),
                role: "timestamp".to_owned(),
            };
            let key = client.create_key(request).await?.into_inner();
            let id = key.key_info.and_then(|info| info.key_id).context("an id")?;
            made.push(TimestampKey {
                id: id.id,
                version: AtomicU64::new(0),
            });
        }
        Ok(Self {
            endpoint,
            channel,
            keys: Arc::new(made),
            process,
        })
    }

    /// Signatures for `time`, `in_flight` at a time, each with a key of its own.
    pub async fn measure(
        &self,
        connection: Connection,
        in_flight: usize,
        time: Duration,
    ) -> Result<Figures> {
        let stop = Arc::new(AtomicBool::new(false));
        let cpu = cpu_of(self.process)?;
        let start = Instant::now();
        let callers: Vec<_> = (0..in_flight)
            .map(|caller| {
                let (keys, stop) = (Arc::clone(&self.keys), Arc::clone(&stop));
                let (endpoint, kept) = (self.endpoint.clone(), self.channel.clone());
                tokio::spawn(async move {
                    let key = keys.get(caller).context("a key a caller")?;
                    let mut latencies = histogram();
                    while !stop.load(Ordering::Relaxed) {
                        let began = Instant::now();
                        let channel = match connection {
                            Connection::Kept => kept.clone(),
                            Connection::New => endpoint.connect().await?,
                        };
                        key.sign(channel).await?;
                        latencies.saturating_record(began.elapsed().as_nanos() as u64);
                    }
                    anyhow::Ok(latencies)
                })
            })
            .collect();
        tokio::time::sleep(time).await;
        stop.store(true, Ordering::Relaxed);
        let mut latencies = histogram();
        for caller in callers {
            let one: Histogram<u64> = caller.await??;
            latencies.add(one)?;
        }
        let cpu = cpu_of(self.process)?.saturating_sub(cpu);
        Ok(Figures::new(&latencies, start.elapsed(), Some(cpu)))
    }
}

/// Where the repositories of this measurement are.
pub const GUNS: &str = "reg.example.test/bench";

impl TimestampKey {
    /// As notary-server does it: asks for the key, then for the signature.
    async fn sign(&self, channel: Channel) -> Result<()> {
        let id = KeyId {
            id: self.id.clone(),
        };
        let mut keys = KeyManagementClient::new(channel.clone());
        keys.get_key_info(id.clone()).await?;
        let version = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        let content = format!(
            r#"{{"_type":"Timestamp","expires":"{}","meta":{{"snapshot":{{"hashes":{{"sha256":"{SHA256}","sha512":"{SHA512}"}},"length":886}}}},"version":{version}}}"#,
            expires(),
        );
        let request = SignatureRequest {
            key_id: Some(id),
            content: content.into_bytes(),
        };
        let signature = SignerClient::new(channel).sign(request).await?;
        let length = signature.into_inner().content.len();
        anyhow::ensure!(length == 64, "a signature of {length} bytes");
        Ok(())
    }
}

const SHA256: &str = "jzQ0NkZI9rlt+JwBxRdrELamPUGWHdPKyLWbTC3DKqQ=";
const SHA512: &str =
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

/// A week from now, as Go prints it.
fn expires() -> &'static str {
    use std::sync::OnceLock;
    static EXPIRES: OnceLock<String> = OnceLock::new();
    EXPIRES.get_or_init(|| crate::expires_in(7).replace('Z', ".5Z"))
}
