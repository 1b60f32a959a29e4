//! The ledger, pure.
