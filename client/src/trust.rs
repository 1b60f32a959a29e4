//! Docker Content Trust (Notary v1): images, the servers that hold what was signed of them, and
//! who signs.

pub mod home;
pub mod http;
pub mod login;
pub mod pins;
pub mod reference;
pub mod server;
pub mod settings;
