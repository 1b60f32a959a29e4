//! Docker Content Trust (Notary v1): images, the servers that hold what was signed of them, and
//! who signs.

pub mod home;
pub mod pins;
pub mod reference;
pub mod settings;
