//! Agents over the network: TLS 1.3 with a certificate on both sides.

mod connector;
mod credentials;
mod explain;
mod files;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub(super) use connector::open;
pub(super) use credentials::Credentials;
pub use credentials::Fingerprint;
pub(super) use explain::{Explained, explain};
pub(super) use files::is_content;
pub(super) use files::{CERTIFICATE_VARIABLE, KEY_VARIABLE};
pub use files::{Identity, TlsFiles, VariableError};
