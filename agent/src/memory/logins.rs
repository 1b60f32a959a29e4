//! Login attempts: a PIN is a scarce thing.

/// What the ledger says of the last login to a keystore.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LoginMemory {
    /// There was none.
    #[default]
    None,
    /// One was opened and never closed: the agent ended in the middle of it.
    Open,
    /// The token accepted the PIN.
    Accepted,
    /// The token refused it.
    Refused {
        /// The token's answer.
        answer: String,
    },
    /// An operator locked the keystore.
    Locked,
}
