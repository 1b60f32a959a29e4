//! Other people's programs that use a YubiKey take the virtual one for a real one. What they accept
//! is what every test of ours that uses it stands on.

mod pkcs11;
mod plugged;
mod shell;
mod stage;
mod suite;
mod tool;
mod ykman;
