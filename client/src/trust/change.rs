//! What is to be changed in a repository, before it becomes new documents.

mod pem;
mod staged;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use pem::{DelegationKey, NotADelegationKey, read_key};
pub use staged::{MOST_STAGED, Staged, StagedError};

/// One change. Roles are written as notary writes them: `targets`, `targets/releases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// Adds a target to a role, or gives it another content.
    SetTarget {
        /// The role.
        role: String,
        /// The target's name: the tag of an image.
        target: String,
        /// What it is.
        content: TargetContent,
    },
    /// Removes a target from a role.
    RemoveTarget {
        /// The role.
        role: String,
        /// The target's name.
        target: String,
    },
    /// Delegates to a role, or gives a delegation more keys and paths.
    Delegate {
        /// The role.
        role: String,
        /// PEM of public keys or certificates.
        keys: Vec<String>,
        /// How the targets begin that it is trusted with; `""` is all of them.
        paths: Vec<String>,
        /// How many of its keys must sign, where that is to change.
        threshold: Option<u32>,
    },
    /// Takes keys and paths from a delegation.
    Undelegate {
        /// The role.
        role: String,
        /// The ids of the keys: of a certificate, or canonical.
        keyids: Vec<String>,
        /// Paths.
        paths: Vec<String>,
        /// Every path.
        all_paths: bool,
    },
    /// Takes a delegation back.
    RemoveDelegation {
        /// The role.
        role: String,
    },
    /// Takes keys from every delegation.
    Purge {
        /// The ids of the keys: of a certificate, or canonical.
        keyids: Vec<String>,
    },
    /// Takes back all that a signer was given: `targets/NAME`, and its keys in `targets/releases`.
    RemoveSigner {
        /// The signer's name.
        name: String,
    },
    /// Signs a role's document anew, as it is.
    Witness {
        /// The role.
        role: String,
    },
}

/// What a target is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetContent {
    /// Its length: bytes of the manifest.
    pub length: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// Its SHA-512, hex, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha512: Option<String>,
    /// What else is said of it, JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<String>,
}

impl Change {
    /// Whether it says the same whatever somebody else published before it: then it may be made
    /// anew over what is there now.
    #[must_use]
    pub fn is_independent(&self) -> bool {
        matches!(self, Self::SetTarget { .. } | Self::Witness { .. })
    }

    /// The role that it changes, where it is one; a signer's is `targets/NAME`.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::SetTarget { role, .. }
            | Self::RemoveTarget { role, .. }
            | Self::Delegate { role, .. }
            | Self::Undelegate { role, .. }
            | Self::RemoveDelegation { role }
            | Self::Witness { role } => Some(role),
            Self::Purge { .. } | Self::RemoveSigner { .. } => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetTarget {
                role,
                target,
                content,
            } => {
                let digest = content.sha256.get(..12).unwrap_or(&content.sha256);
                let length = content.length;
                write!(
                    f,
                    "set {target} in {role}: sha256:{digest}…, {length} bytes"
                )
            }
            Self::RemoveTarget { role, target } => write!(f, "remove {target} from {role}"),
            Self::Delegate {
                role,
                keys,
                paths,
                threshold,
            } => {
                let (keys, paths) = (keys.len(), listed(paths));
                write!(f, "delegate to {role}: {keys} new keys, paths {paths}")?;
                match threshold {
                    Some(threshold) => write!(f, ", {threshold} must sign"),
                    None => Ok(()),
                }
            }
            Self::Undelegate {
                role,
                keyids,
                paths,
                all_paths,
            } => {
                let (keys, paths) = match all_paths {
                    true => (keyids.len(), "all".to_owned()),
                    false => (keyids.len(), listed(paths)),
                };
                write!(f, "take {keys} keys and paths {paths} from {role}")
            }
            Self::RemoveDelegation { role } => write!(f, "take the delegation to {role} back"),
            Self::Purge { keyids } => {
                write!(f, "take {} from every delegation", keyids.join(", "))
            }
            Self::RemoveSigner { name } => write!(f, "remove the signer {name}"),
            Self::Witness { role } => write!(f, "sign {role} anew"),
        }
    }
}

fn listed(paths: &[String]) -> String {
    match paths {
        [] => "none".to_owned(),
        paths => paths
            .iter()
            .map(|path| format!("{path:?}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}
