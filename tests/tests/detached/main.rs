//! Signers in different places: draft files that travel, and signatures by other tools that come
//! back. Each place has a client and an agent of its own; they share nothing but files.

mod agents;
mod foreign;
mod places;
mod tools;
