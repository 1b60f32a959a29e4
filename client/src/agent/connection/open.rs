use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use super::{Address, AgentEntry, AgentError, Fingerprint};
use crate::agent::tls::{self, Credentials};

/// For a Unix socket; the network has its own.
const CONNECT: Duration = Duration::from_secs(5);
/// Until the answer begins; a person who must touch a token has this long, too.
const ANSWER: Duration = Duration::from_secs(120);

/// A connection, and the certificate of ours that it was opened with.
pub(super) struct Opened {
    pub(super) channel: Channel,
    pub(super) certificate: Option<Fingerprint>,
}

pub(super) async fn open(entry: &AgentEntry) -> Result<Opened, AgentError> {
    let unreachable = |e| AgentError::unreachable(entry, &e);
    match &entry.address {
        Address::Unix(_) => {
            let endpoint = Endpoint::from_shared(entry.address.to_string())
                .map_err(unreachable)?
                .connect_timeout(CONNECT);
            let connected = endpoint.timeout(ANSWER).connect().await;
            Ok(Opened {
                channel: connected.map_err(unreachable)?,
                certificate: None,
            })
        }
        Address::Tls(network) => {
            let credentials = Credentials::load(&entry.tls, network)
                .map_err(|why| AgentError::unprepared(entry, why))?;
            let connected = tls::open(network, &credentials, ANSWER).await;
            Ok(Opened {
                channel: connected.map_err(|e| AgentError::unreachable(entry, &*e))?,
                certificate: Some(credentials.fingerprint),
            })
        }
    }
}
