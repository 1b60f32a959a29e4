//! Callers over TCP with mutual TLS.

mod identity;
