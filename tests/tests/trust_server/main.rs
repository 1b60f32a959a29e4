//! The network side of `privyseal trust`: what it says to the real notary-server and
//! docker-registry, and what it takes from them.

mod reading;
mod registry;
mod stage;
mod tls;
mod token;
mod writing;
