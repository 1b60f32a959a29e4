use std::fmt;

use crate::Exit;
use crate::failure::Advice;
use crate::trust::pull::{PullError, Reason};
use crate::trust::reference::{Gun, Tag};

/// Why an image is not to be used.
#[derive(Debug)]
pub enum Refusal {
    /// The repository's metadata is not taken.
    Pull(PullError),
    /// The tag is not signed for everybody.
    NotSigned {
        /// The repository.
        gun: Gun,
        /// The tag.
        tag: Tag,
        /// Signers who signed it for themselves.
        by: Vec<String>,
    },
    /// The role that would release the tag is not taken.
    Role {
        /// The repository.
        gun: Gun,
        /// What is wrong.
        reason: Reason,
        /// The same in words.
        why: String,
    },
    /// What is set down here can't be used.
    Setup(anyhow::Error),
}

impl Refusal {
    pub(super) fn of_role(gun: &Gun, reason: Reason, why: &str) -> Self {
        Self::Role {
            gun: gun.clone(),
            reason,
            why: why.to_owned(),
        }
    }

    /// What is wrong, as scripts know it; none where nothing was found out.
    pub fn code(&self) -> &'static str {
        match self.exit() {
            Exit::NoTrustData => "no-trust-data",
            Exit::NotSigned => "not-signed",
            Exit::BelowThreshold => "below-threshold",
            Exit::Expired => "expired",
            Exit::RolledBack => "rolled-back",
            Exit::PinMismatch => "pin-mismatch",
            Exit::Unreachable => "unreachable",
            Exit::InvalidTrustData => "invalid",
            _ => "failed",
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        let reason = match self {
            Self::Pull(error) => error.reason(),
            Self::Role { reason, .. } => *reason,
            Self::NotSigned { .. } => return Exit::NotSigned,
            Self::Setup(_) => return Exit::Failed,
        };
        match reason {
            Reason::NoTrustData => Exit::NoTrustData,
            Reason::BelowThreshold => Exit::BelowThreshold,
            Reason::Expired => Exit::Expired,
            Reason::RolledBack => Exit::RolledBack,
            Reason::PinMismatch => Exit::PinMismatch,
            Reason::Unreachable => Exit::Unreachable,
            Reason::Invalid => Exit::InvalidTrustData,
            Reason::Other => Exit::Failed,
        }
    }

    fn remedy(&self) -> &'static str {
        match self.exit() {
            Exit::NoTrustData => {
                "check the name, and ask whoever publishes it whether it is signed, and at which trust server (--server)"
            }
            Exit::NotSigned => {
                "`privyseal trust inspect` lists the tags that are signed; ask whoever publishes the image to sign this one"
            }
            Exit::BelowThreshold => {
                "do not use the image, and tell whoever publishes it: somebody may be putting other trust data in its place"
            }
            Exit::Expired => {
                "check this machine's clock; else whoever publishes the image must publish its trust data anew"
            }
            Exit::RolledBack => {
                "do not use the image: the trust server takes back what it said before. Where its operator says why, `privyseal trust delete NAME` forgets what was seen here"
            }
            Exit::PinMismatch => {
                "do not use the image before whoever publishes it has told you, by another way, which root key is right. Then pin that key; and where the repository was made anew, `privyseal trust delete NAME` forgets the old one"
            }
            Exit::Unreachable => "check the address (--server) and the network, and try again",
            _ => "tell whoever runs the trust server",
        }
    }
}

impl From<PullError> for Refusal {
    fn from(error: PullError) -> Self {
        Self::Pull(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pull(PullError::Server(error)) => write!(f, "{error:#}"),
            Self::Pull(error) => error.fmt(f),
            Self::NotSigned { gun, tag, by } if by.is_empty() => {
                write!(f, "{tag} of {gun} is not signed")
            }
            Self::NotSigned { gun, tag, by } => write!(
                f,
                "{tag} of {gun} is signed by {}, and not released: neither targets/releases nor targets has it",
                by.join(", ")
            ),
            Self::Role { gun, why, .. } => write!(f, "{gun}: {why}"),
            Self::Setup(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<Refusal> for anyhow::Error {
    /// Printed, it says what to do, and ends the program with the exit code.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Setup(error) | Refusal::Pull(PullError::Server(error)) => error,
            Refusal::Pull(PullError::Home(error)) => error.into(),
            other => Advice::ending(other.exit(), other.to_string(), other.remedy()).into(),
        }
    }
}
