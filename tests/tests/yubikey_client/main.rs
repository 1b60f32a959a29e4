//! What a person sees of a YubiKey at the client: who waits for them, PINs that are typed where they
//! are asked for, and what others can verify of it.

mod many;
mod proofs;
mod stage;
mod terminal;
mod watching;
