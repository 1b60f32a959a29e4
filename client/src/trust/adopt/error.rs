use crate::failure::Advice;
use crate::trust::edit::EditError;

/// Why a repository can't be taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// Nobody can sign the root that takes the old keys out.
    #[error(
        "root {next} needs {threshold} signatures by keys of root {root}, and {found} of its keys are here: missing {missing}"
    )]
    RootElsewhere {
        /// The version of the published root.
        root: u64,
        /// The one after it.
        next: u64,
        /// How many must sign.
        threshold: u32,
        /// How many can.
        found: usize,
        /// The canonical ids of the others.
        missing: String,
    },
    /// Nobody but the server says that a document is what it was.
    #[error(
        "only the trust server vouches for {0}: none of the key files that are to be replaced signed what it shows, and its root is neither known here nor pinned"
    )]
    NotVouched(String),
    /// A role's threshold is higher than the number of its new keys.
    #[error("{role} needs {threshold} signatures, and would have {keys} keys")]
    TooFew {
        /// The role.
        role: String,
        /// The threshold.
        threshold: u32,
        /// How many keys.
        keys: usize,
    },
    /// No key at the agents takes the place of a signer's.
    #[error("no agent lists a delegation key that could take the place of {signer}'s ({role})")]
    NoSigner {
        /// The signer's name.
        signer: String,
        /// A role that the old key signs for.
        role: String,
    },
    /// A root is begun that still names an old key.
    #[error("root {0} was begun otherwise, and waits for signatures")]
    OtherRoot(u64),
    /// The delegations can't be changed so.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl AdoptError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::RootElsewhere { .. } => {
                "nothing was changed; name the file of a missing key with --old-root-key, or the directory with --trust-dir"
                    .to_owned()
            }
            Self::NotVouched(_) => {
                "nothing was changed; name the --trust-dir of somebody who used the repository, or compare the root that `privyseal trust inspect` shows with what its owner has, and pin it under [trust.pinning] of ~/.config/privyseal/config.toml"
                    .to_owned()
            }
            Self::TooFew { role, .. } => {
                format!("nothing was changed; name more keys for {role}")
            }
            Self::NoSigner { signer, .. } => format!(
                "nothing was changed; an operator makes one (privyseal trust key generate {signer}), or name another with --signer {signer}=KEY"
            ),
            Self::OtherRoot(_) => {
                "`privyseal trust publish` goes on with it; `privyseal trust reset --root` drops it where nobody signed it"
                    .to_owned()
            }
            Self::Edit(_) => "nothing was changed".to_owned(),
        }
    }
}

impl From<AdoptError> for Advice {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::NotVouched(_) => Self::needs_person(error.to_string(), error.remedy()),
            _ => Self::failed(error.to_string(), error.remedy()),
        }
    }
}
