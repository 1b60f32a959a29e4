//! The agent: holds TUF keys in hardware keystores and signs what it has read.

pub mod agent;
pub mod caller;
pub mod config;
pub mod corridor;
pub mod denial;
pub mod fault;
pub mod file;
pub mod grant;
pub mod harden;
pub mod keystore;
pub mod keystores;
pub mod ledger;
pub mod listen;
pub mod memory;
pub mod operate;
pub mod refusals;
pub mod service;
