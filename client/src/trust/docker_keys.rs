//! Private keys in files, as `docker trust`, `notary` and OpenSSL write them: what there was before
//! the keys were in a token.
//!
//! Here alone the client touches private keys. It reads them for two ends: an agent imports one
//! where an operator allows it, and a repository is handed over from its old keys to those in a
//! token, for which the old ones sign once more. They are decrypted in memory that is cleared,
//! and never written anywhere.

mod armor;
mod decrypt;
mod directory;
mod error;
mod file;
mod passphrase;
mod private_key;
mod sign;
#[cfg(test)]
mod tests;

pub use directory::KeyDirectory;
pub use error::KeyFileError;
pub use file::KeyFile;
pub use passphrase::Passphrases;
pub use private_key::PrivateKey;
