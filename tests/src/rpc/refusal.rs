use std::collections::HashMap;

use privyseal_proto::v1::Refused;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A "no" of an agent, as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The gRPC code.
    pub code: Code,
    /// The stable reason code; empty where the status has none.
    pub reason: String,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// `safe` or `unsafe`; empty in a SignMany.
    pub retry: String,
    /// Bytes of the status's details; 0 in a SignMany. The details themselves hold a map, whose
    /// order differs each time.
    pub details_length: usize,
}

impl Refusal {
    /// The gRPC code and the reason code.
    #[must_use]
    pub fn codes(&self) -> (Code, &str) {
        (self.code, &self.reason)
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let (reason, mut metadata) = match status.get_details_error_info() {
            Some(info) => (info.reason, info.metadata),
            None => (String::new(), HashMap::new()),
        };
        Self {
            code: status.code(),
            reason,
            message: status.message().to_owned(),
            remedy: metadata.remove("remedy").unwrap_or_default(),
            retry: metadata.remove("retry").unwrap_or_default(),
            details_length: status.details().len(),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self {
            code: Code::from_i32(refused.code),
            reason: refused.reason,
            message: refused.message,
            remedy: refused.remedy,
            retry: String::new(),
            details_length: 0,
        }
    }
}
