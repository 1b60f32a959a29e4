//! Callers over TCP with mutual TLS: who they are, who is kept out, and what ends their connections.

mod authorities;
mod crowds;
mod exchange;
mod flood;
mod half_sent;
mod health;
mod identity;
mod keys;
mod lists;
mod refused;
mod revoked;
mod s_client;
mod services;
mod silence;
mod start;
mod status;
mod stream;
mod versions;
