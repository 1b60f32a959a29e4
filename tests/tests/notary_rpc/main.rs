//! The API that notary-server speaks to its signer, asked directly: what an unchanged notary-server
//! would never send, and what becomes of it when it does.

mod content;
mod corridor;
mod destroying;
mod full;
mod judges;
mod keys;
mod kill;
mod operators;
mod stage;
mod unused;
mod versions;
