//! Docker Content Trust (Notary v1): images, the servers that hold what was signed of them, and
//! who signs.

pub mod adopt;
mod answer;
pub mod ceremony;
pub mod change;
pub mod consumer;
pub mod docker_keys;
pub mod edit;
pub mod engine;
pub mod hands;
pub mod home;
pub mod http;
pub mod init;
pub mod login;
pub mod pins;
pub mod publish;
pub mod pull;
pub mod reference;
pub mod registry;
pub mod rotate;
pub mod server;
pub mod settings;
#[cfg(test)]
mod testing;
