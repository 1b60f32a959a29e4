mod open;
#[cfg(test)]
mod tests;

use privyseal_ledger::{Hash, Head};
use privyseal_proto::v1::admin_client::AdminClient;
use privyseal_proto::v1::keys_client::KeysClient;
use privyseal_proto::v1::ledger_client::LedgerClient;
use privyseal_proto::v1::signing_client::SigningClient;
use privyseal_proto::v1::yubi_keys_client::YubiKeysClient;
use privyseal_proto::v1::{self, HeadRequest, ProveRequest};
use privyseal_tuf::Role;
use tonic::Status;
use tonic::transport::Channel;

use super::address::Address;
use super::config::AgentEntry;
use super::error::AgentError;
use super::head::{
    HeadError, KnownLedger, ShownLedger, judge, out_of_range, shorter, verify_prefix,
};
use super::memory::{HeadMemory, MemoryError};
use super::tls::Fingerprint;
use open::{Opened, open};

/// Delegated roles that an agent tells of in one answer.
const MOST_ROLES: usize = 8192;

/// A connection to an agent whose ledger was proved to contain all that this client saw of it.
#[derive(Clone, Debug)]
pub struct Agent {
    entry: AgentEntry,
    channel: Channel,
    memory: HeadMemory,
    known: KnownLedger,
    first_meeting: bool,
    certificate: Option<Fingerprint>,
    one_of_several: bool,
}

/// Why an agent can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The agent, or its ledger.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// This client's memory of it.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl Agent {
    /// Connects, and has the agent prove that its ledger contains the remembered one.
    pub async fn connect(entry: AgentEntry, memory: &HeadMemory) -> Result<Self, ConnectError> {
        let remembered = memory.recall(&entry)?;
        let Opened {
            channel,
            certificate,
        } = open(&entry).await?;
        let since = remembered.map_or(0, |known| known.head.size);
        let shown = head_since(&entry, &channel, since).await?;
        let known = judge(entry.genesis, remembered, &shown).map_err(|e| breach(&entry, e))?;
        memory.remember(&entry, &known)?;
        let first_meeting = remembered.is_none();
        Ok(Self {
            entry,
            channel,
            memory: memory.clone(),
            known,
            first_meeting,
            certificate,
            one_of_several: false,
        })
    }

    /// Proves the heads that came with the agent's answers, and remembers the newest one.
    pub async fn prove(&mut self, seen: &[v1::Head]) -> Result<(), ConnectError> {
        let shown = head_since(&self.entry, &self.channel, self.known.head.size).await?;
        let newest = judge(self.entry.genesis, Some(self.known), &shown)
            .map_err(|e| breach(&self.entry, e))?;
        for head in seen {
            let head = read_head(&self.entry, Some(head))?;
            self.prove_one(&head, &newest.head).await?;
        }
        self.known = newest;
        Ok(self.memory.remember(&self.entry, &newest)?)
    }

    async fn prove_one(&self, head: &Head, newest: &Head) -> Result<(), AgentError> {
        if head.size < self.known.head.size {
            let error = shorter(self.known.head.size, head.size);
            return Err(breach(&self.entry, error));
        }
        let index = head.size.saturating_sub(1);
        let request = ProveRequest {
            index,
            size: newest.size,
        };
        let reply = self
            .ledger()
            .prove(request)
            .await
            .map_err(|e| self.error(&e))?
            .into_inner();
        let leaf = self.hash(&reply.leaf_hash)?;
        let path = reply
            .path
            .iter()
            .map(|hash| self.hash(hash))
            .collect::<Result<Vec<_>, _>>()?;
        verify_prefix(head, newest, &leaf, &path).map_err(|e| breach(&self.entry, e))
    }

    /// The agent's name here.
    pub fn name(&self) -> &str {
        self.entry.name.as_str()
    }

    /// Whether others were to be asked in the same command.
    pub fn is_one_of_several(&self) -> bool {
        self.one_of_several
    }

    /// Others are asked, too.
    pub(super) fn among_several(self) -> Self {
        Self {
            one_of_several: true,
            ..self
        }
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.entry.address
    }

    /// The certificate of ours by which it knows this caller; none on a Unix socket.
    pub fn certificate(&self) -> Option<Fingerprint> {
        self.certificate
    }

    /// What is known of its ledger, all of it proved.
    pub fn known(&self) -> &KnownLedger {
        &self.known
    }

    /// True where this client had not seen the agent's ledger before.
    pub fn first_meeting(&self) -> bool {
        self.first_meeting
    }

    /// The service that lists and makes keys.
    pub fn keys(&self) -> KeysClient<Channel> {
        KeysClient::new(self.channel.clone())
    }

    /// The service that signs.
    pub fn signing(&self) -> SigningClient<Channel> {
        SigningClient::new(self.channel.clone())
    }

    /// What the agent remembers of a lineage: of the four roles, and of those delegated ones that
    /// are among `roles`.
    pub async fn lineage(
        &self,
        lineage: &v1::LineageRef,
        roles: &[Role],
    ) -> Result<v1::LineageReply, AgentError> {
        let names = roles.iter().filter_map(Role::delegated);
        let names: Vec<String> = names.map(ToString::to_string).collect();
        let (first, others) = names.split_at(names.len().min(MOST_ROLES));
        let mut reply = self.ask_lineage(lineage, first).await?;
        for names in others.chunks(MOST_ROLES) {
            let more = self.ask_lineage(lineage, names).await?.roles.into_iter();
            let more = more.filter(|memory| names.contains(&memory.role));
            reply.roles.extend(more);
        }
        Ok(reply)
    }

    async fn ask_lineage(
        &self,
        lineage: &v1::LineageRef,
        roles: &[String],
    ) -> Result<v1::LineageReply, AgentError> {
        let request = v1::LineageRequest {
            lineage: Some(lineage.clone()),
            roles: roles.to_vec(),
        };
        let reply = self.signing().lineage(request).await;
        Ok(reply.map_err(|status| self.error(&status))?.into_inner())
    }

    /// The service for operators.
    pub fn admin(&self) -> AdminClient<Channel> {
        AdminClient::new(self.channel.clone())
    }

    /// The service that sets YubiKeys up.
    pub fn yubikeys(&self) -> YubiKeysClient<Channel> {
        YubiKeysClient::new(self.channel.clone())
    }

    /// The ledger.
    pub fn ledger(&self) -> LedgerClient<Channel> {
        LedgerClient::new(self.channel.clone())
    }

    /// Reads an answer of "no".
    pub fn error(&self, status: &Status) -> AgentError {
        read_error(&self.entry, status)
    }

    /// Reads a "no" that came within a stream of answers.
    pub fn refused(&self, refused: v1::Refused) -> AgentError {
        AgentError::from_refused(self.name(), refused)
    }

    /// An answer that makes no sense.
    pub fn wrong_answer(&self, message: impl Into<String>) -> AgentError {
        wrong_answer(&self.entry, message)
    }

    /// Reads a hash of the agent's answer.
    pub fn hash(&self, bytes: &[u8]) -> Result<Hash, AgentError> {
        read_hash(&self.entry, bytes)
    }

    /// Reads a head of the agent's answer.
    pub fn head(&self, head: Option<&v1::Head>) -> Result<Head, AgentError> {
        read_head(&self.entry, head)
    }
}

async fn head_since(
    entry: &AgentEntry,
    channel: &Channel,
    since: u64,
) -> Result<ShownLedger, AgentError> {
    let mut ledger = LedgerClient::new(channel.clone());
    let reply = match ledger.head(HeadRequest { since }).await {
        Ok(reply) => reply.into_inner(),
        Err(status) => return Err(head_refused(entry, since, &status)),
    };
    let consistency = reply.consistency.iter().map(|hash| read_hash(entry, hash));
    Ok(ShownLedger {
        genesis: read_hash(entry, &reply.genesis)?,
        head: read_head(entry, reply.head.as_ref())?,
        consistency: consistency.collect::<Result<_, _>>()?,
    })
}

/// An agent that can't prove a size that it once showed has lost records.
fn head_refused(entry: &AgentEntry, since: u64, status: &Status) -> AgentError {
    match read_error(entry, status) {
        AgentError::Refused { code, .. } if code == "LEDGER_RANGE" => {
            breach(entry, out_of_range(since))
        }
        error => error,
    }
}

/// An answer of "no", or why a lost connection could not be opened again.
fn read_error(entry: &AgentEntry, status: &Status) -> AgentError {
    AgentError::not_connected(entry, status)
        .unwrap_or_else(|| AgentError::from_status(entry.name.as_str(), status))
}

fn breach(entry: &AgentEntry, breach: HeadError) -> AgentError {
    AgentError::Breach {
        agent: entry.name.to_string(),
        breach,
    }
}

fn wrong_answer(entry: &AgentEntry, message: impl Into<String>) -> AgentError {
    AgentError::WrongAnswer {
        agent: entry.name.to_string(),
        message: message.into(),
    }
}

fn read_hash(entry: &AgentEntry, bytes: &[u8]) -> Result<Hash, AgentError> {
    Hash::try_from(bytes).map_err(|e| wrong_answer(entry, e.to_string()))
}

fn read_head(entry: &AgentEntry, head: Option<&v1::Head>) -> Result<Head, AgentError> {
    let head = head.ok_or_else(|| wrong_answer(entry, "the head of its ledger is missing"))?;
    Ok(Head {
        size: head.size,
        root: read_hash(entry, &head.root)?,
    })
}
