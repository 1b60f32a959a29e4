//! The wire of Privy Seal: generated code only.
//!
//! [`v1`] is the agent's gRPC API, [`ledger::v1`] the records of its ledger. Their documentation
//! stands in the `.proto` files, which are the source of truth.

#![forbid(unsafe_code)]

/// The agent's gRPC API, `privyseal.v1`.
pub mod v1 {
    tonic::include_proto!("privyseal.v1");

    /// The encoded `FileDescriptorSet` of every service, for gRPC reflection.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("privyseal");
}

/// The ledger's records, `privyseal.ledger`.
pub mod ledger {
    /// `privyseal.ledger.v1`.
    pub mod v1 {
        tonic::include_proto!("privyseal.ledger.v1");
    }
}
