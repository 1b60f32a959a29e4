//! The metadata model of The Update Framework.
//!
//! Pure: no I/O, no async, no clock (time comes in as unix seconds) and no private key.
//! "Spec" in the docs of this crate is the TUF specification 1.0.34.

mod algorithm;
mod digest;
mod public_key;
mod signature;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use digest::{DigestError, Sha256Digest};
pub use public_key::{BadSignature, PublicKey, PublicKeyError};
pub use signature::{Signature, SignatureError};
