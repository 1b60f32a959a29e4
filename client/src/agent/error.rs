use std::error::Error;
use std::io;

use privyseal_proto::v1;
use tonic::{Code, ConnectError, Status};
use tonic_types::StatusExt;

use super::address::Address;
use super::config::AgentEntry;
use super::head::{Breach, HeadError};
use super::tls::{Explained, explain};

/// What an agent refused, or why it could not be asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AgentError {
    /// The agent said no, and why.
    #[error("refused ({code}): {message}")]
    Refused {
        /// The agent's name here.
        agent: String,
        /// Its stable reason code.
        code: String,
        /// What happened.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// The agent could not do it.
    #[error("failed ({code}): {message}")]
    Failed {
        /// The agent's name here.
        agent: String,
        /// Its stable reason code.
        code: String,
        /// What happened.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// Nobody answers at the address.
    #[error("cannot reach agent {agent} at {address}: {message}")]
    Unreachable {
        /// The agent's name here.
        agent: String,
        /// Its address.
        address: Address,
        /// What happened.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// The agent's ledger is not the one that this client knows.
    #[error("refused to go on with agent {agent} ({}): {}", breach.breach.code(), breach.message)]
    Breach {
        /// The agent's name here.
        agent: String,
        /// How the ledger differs.
        breach: HeadError,
    },
    /// The answer is not one that this client understands, or it does not verify.
    #[error("agent {agent} gave a wrong answer: {message}")]
    WrongAnswer {
        /// The agent's name here.
        agent: String,
        /// What is wrong with it.
        message: String,
    },
}

impl AgentError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Refused { remedy, .. }
            | Self::Failed { remedy, .. }
            | Self::Unreachable { remedy, .. } => remedy.clone(),
            Self::Breach { agent, breach } => breach_remedy(agent, breach.breach),
            Self::WrongAnswer { .. } => {
                "do not use what it answered; compare the versions of agent and client (`privyseal agent status`, `privyseal --version`), and look at the agent's log".to_owned()
            }
        }
    }

    /// The agent, by its name here.
    pub fn agent(&self) -> &str {
        match self {
            Self::Refused { agent, .. }
            | Self::Failed { agent, .. }
            | Self::Unreachable { agent, .. }
            | Self::Breach { agent, .. }
            | Self::WrongAnswer { agent, .. } => agent,
        }
    }

    /// The agent's stable reason code, where it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } | Self::Failed { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The same with other advice, where it is the agent's.
    #[must_use]
    pub fn with_remedy(mut self, advice: String) -> Self {
        if let Self::Refused { remedy, .. } | Self::Failed { remedy, .. } = &mut self {
            *remedy = advice;
        }
        self
    }

    /// True where the answer was a "no", or where this client would not go on.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Breach { .. })
    }

    /// Reads a gRPC status with its google.rpc.ErrorInfo.
    pub fn from_status(agent: &str, status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let metadata = |key: &str| info.and_then(|info| info.metadata.get(key)).cloned();
        let agent = agent.to_owned();
        let code = match info {
            Some(info) => info.reason.clone(),
            None => grpc_code(status.code()).to_owned(),
        };
        let message = status.message().to_owned();
        let remedy = metadata("remedy").unwrap_or_else(|| plain_remedy(status.code()).to_owned());
        if info.is_some() && says_no(status.code()) {
            return Self::Refused {
                agent,
                code,
                message,
                remedy,
            };
        }
        let retry = metadata("retry").unwrap_or_default();
        Self::Failed {
            agent,
            code,
            message,
            remedy: with_retry(remedy, &retry),
        }
    }

    /// Reads a "no" that came within a stream of answers.
    pub fn from_refused(agent: &str, refused: v1::Refused) -> Self {
        let (agent, code) = (agent.to_owned(), refused.reason);
        let (message, remedy) = (refused.message, refused.remedy);
        if says_no(Code::from(refused.code)) {
            return Self::Refused {
                agent,
                code,
                message,
                remedy,
            };
        }
        Self::Failed {
            agent,
            code,
            message,
            remedy: with_retry(remedy, &refused.retry),
        }
    }

    /// Explains why no connection came about.
    pub(super) fn unreachable(entry: &AgentEntry, error: &(dyn Error + 'static)) -> Self {
        let explained = match &entry.address {
            Address::Unix(_) => None,
            Address::Tls(_) => explain(error, &entry.tls),
        };
        if let Some(explained) = explained {
            return Self::unprepared(entry, explained);
        }
        let (message, remedy) = explain_socket(error);
        Self::Unreachable {
            agent: entry.name.to_string(),
            address: entry.address.clone(),
            message,
            remedy: remedy.to_owned(),
        }
    }

    /// What must be put right before there can be a connection.
    pub(super) fn unprepared(entry: &AgentEntry, why: Explained) -> Self {
        Self::Unreachable {
            agent: entry.name.to_string(),
            address: entry.address.clone(),
            message: why.message,
            remedy: why.remedy,
        }
    }

    /// Reads the status of a request for which the connection had to be opened again, and was not.
    pub(super) fn not_connected(entry: &AgentEntry, status: &Status) -> Option<Self> {
        chain(status)
            .find(|error| error.is::<ConnectError>())
            .map(|error| Self::unreachable(entry, error))
    }
}

fn explain_socket(error: &(dyn Error + 'static)) -> (String, &'static str) {
    let io_error = find_io_error(error);
    match io_error.map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => (
            "there is no such socket".to_owned(),
            "start the agent (privyseald), or correct the address in PRIVYSEAL_AGENT or the config",
        ),
        Some(io::ErrorKind::PermissionDenied) => (
            "this user may not open the socket".to_owned(),
            "join the group that the agent's config names as listen.group (then log in again), or use a user who is in it",
        ),
        Some(io::ErrorKind::ConnectionRefused) => (
            "the socket is there, but nothing listens on it".to_owned(),
            "the agent has ended: start it, and see its log for the reason",
        ),
        _ => (
            io_error.map_or_else(|| deepest(error), ToString::to_string),
            "check that the address is the agent's, and see the agent's log",
        ),
    }
}

fn with_retry(remedy: String, retry: &str) -> String {
    match retry {
        "safe" => format!("{remedy} (asking again is safe)"),
        "unsafe" => format!("{remedy} (do not just ask again)"),
        _ => remedy,
    }
}

fn breach_remedy(agent: &str, breach: Breach) -> String {
    let look = match breach {
        Breach::Shorter => {
            "find out who restored or cut the agent's ledger, and put the newest copy back"
        }
        Breach::Forked => {
            "treat the agent as compromised until it is known how its records were rewritten; keep a copy of its ledger"
        }
        Breach::Replaced => {
            "check that the address leads to the agent that you mean, and that its ledger was not made anew"
        }
    };
    format!(
        "{look}. Nothing was asked of it, and nothing was overwritten here. Only where the change is understood and intended: `privyseal ledger forget {agent}`"
    )
}

/// Codes with which an agent says no; the others mean that it could not.
fn says_no(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unauthenticated
    )
}

fn grpc_code(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

fn plain_remedy(code: Code) -> &'static str {
    match code {
        Code::Unimplemented => {
            "update the agent: it does not know this request (a listener for notary-server knows none)"
        }
        Code::OutOfRange => "the message is larger than the agent takes: see limits in its config",
        Code::Unavailable => "see `privyseal agent status` and the agent's log, then try again",
        _ => "see the agent's log",
    }
}

fn find_io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn deepest(error: &(dyn Error + 'static)) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests;
