//! The client and agents over TLS.

mod failures;
mod reading;
mod signing;
mod user;
