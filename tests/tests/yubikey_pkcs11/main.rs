//! A YubiKey behind PKCS#11, through Yubico's module `ykcs11` and OpenSC's: keys that want their PIN
//! before each signature, touch, and attestation. SoftHSM2 has such keys, too.

#![cfg(test)]

mod attestation;
mod both_ways;
mod signing;
mod softhsm;
mod stage;
mod touch;
mod typed;
