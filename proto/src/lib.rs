//! The wire of Privy Seal: generated code.
//!
//! [`v1`] is the agent's gRPC API, [`notary`] that of notary's signer, [`ledger::v1`] the records of
//! the agent's ledger. Their documentation
//! stands in the `.proto` files, which are the source of truth.

#![forbid(unsafe_code)]

/// The agent's gRPC API, `privyseal.v1`.
pub mod v1 {
    tonic::include_proto!("privyseal.v1");

    impl std::fmt::Debug for DeviceAccess {
        /// It stands in messages that may be printed, and holds secrets.
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("DeviceAccess(..)")
        }
    }

    /// The encoded `FileDescriptorSet` of every service, for gRPC reflection.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("privyseal");
}

/// The API that notary-server speaks to its signer, package `proto`.
pub mod notary {
    tonic::include_proto!("proto");
}

/// The ledger's records, `privyseal.ledger`.
pub mod ledger {
    /// `privyseal.ledger.v1`.
    pub mod v1 {
        tonic::include_proto!("privyseal.ledger.v1");
    }
}
