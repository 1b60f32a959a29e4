//! Docker Content Trust as it is without Privy Seal, with keys in files: what the tests of ours
//! start from.

mod docker;
mod images;
mod notary;
