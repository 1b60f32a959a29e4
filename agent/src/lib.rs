//! The agent: holds TUF keys in hardware keystores and signs what it has read.

#![deny(unsafe_code)]

pub mod corridor;
pub mod keystore;
