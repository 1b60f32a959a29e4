//! Where a secret is that the config may not hold.

use std::path::PathBuf;

use serde::Deserialize;

use crate::keystore::pin::CredentialName;

/// A secret's place: `{ file = "/PATH" }`, a file that belongs to the agent's user and that nobody
/// else may read, or `{ credential = "NAME" }`, a systemd credential.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretFile {
    /// An absolute path.
    File(PathBuf),
    /// The file of that name in `$CREDENTIALS_DIRECTORY`.
    Credential(CredentialName),
}
