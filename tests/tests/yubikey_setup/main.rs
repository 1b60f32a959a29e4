//! `privyseal yubikey`: from a YubiKey as it leaves the factory to a root key, judged by Yubico's own
//! program.

mod listing;
mod operators;
mod secrets;
mod setup;
mod stage;
