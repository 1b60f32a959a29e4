//! The client and agents over TLS.

mod failures;
mod signing;
mod user;
