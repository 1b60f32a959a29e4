//! The harness.

pub mod shim;
