use std::io;
use std::path::PathBuf;

use privyseal_tuf::notary::NotAsGoPrints;

use crate::failure::Advice;
use crate::trust::change::Change;
use crate::trust::edit::EditError;
use crate::trust::home::HomeError;
use crate::trust::reference::Gun;

/// Why something is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// No trust data.
    #[error("{0} has no trust data")]
    NoTrustData(Gun),
    /// The server can't be asked.
    #[error(
        "the trust server can't be asked, and what is remembered is not enough to publish: {0}"
    )]
    Cached(String),
    /// The chain of roots has a gap.
    #[error("the trust server does not have root {0}, which the roots after it follow from")]
    NoRoot(u64),
    /// A change that can't be made. The others are not made either.
    #[error("{}{change}: {source}", numbered(.number))]
    Change {
        /// Its number, where it is staged.
        number: Option<u64>,
        /// The change.
        change: Box<Change>,
        /// Why.
        source: EditError,
    },
    /// The whole can't be made.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A document that Go would print otherwise.
    #[error(
        "{role} was not sent: the trust server would write it otherwise than it is ({why}), and name a file that nobody has"
    )]
    Bytes {
        /// The role.
        role: String,
        /// What differs.
        why: NotAsGoPrints,
    },
    /// A root is begun that is another one.
    #[error("root {version} was begun with other keys, and waits for signatures")]
    OtherRoot {
        /// Its version.
        version: u64,
    },
    /// Somebody else published first.
    #[error("somebody else published {0} at the same time")]
    Raced(Gun),
    /// None of the keys here may sign a tag.
    #[error("no key that is here and ready may sign {target} in {gun}: its signers are {signers}")]
    NoSigner {
        /// The repository.
        gun: Gun,
        /// The tag.
        target: String,
        /// Who may.
        signers: String,
    },
    /// Nothing to revoke.
    #[error("{gun} has no signed tag {target}")]
    NotSigned {
        /// The repository.
        gun: Gun,
        /// The tag.
        target: String,
    },
    /// What was sent is not what is there.
    #[error("the trust server took the update, and now shows something else: {0}")]
    NotThere(String),
    /// A file of this client's can't be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file of this client's is damaged.
    #[error("{path} is not what this client writes: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// What is remembered can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl PublishError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NoTrustData(_) => "make it with `privyseal trust init`",
            Self::Cached(_) => "try again when the server answers",
            Self::NoRoot(_) => "ask whoever runs the server; nothing was changed",
            Self::Change {
                number: Some(number),
                ..
            } => {
                return format!(
                    "nothing was published; `privyseal trust reset IMAGE -n {number}` drops this change, and the others stay"
                );
            }
            Self::Change {
                source: EditError::WouldLose(_),
                ..
            }
            | Self::Edit(EditError::WouldLose(_)) => {
                "nothing was published; have somebody sign these tags in another role first, or give --lose-tags"
            }
            Self::Change {
                source: EditError::Unusable { .. },
                ..
            }
            | Self::Edit(EditError::Unusable { .. }) => {
                "nothing was published; `privyseal trust witness IMAGE ROLE --publish` signs it anew: with --expired where it is out of date, with --lose-tags where its keys changed, and then without its tags"
            }
            Self::Change { .. } | Self::Edit(_) => "nothing was published",
            Self::Bytes { .. } => {
                "nothing was sent; keep the snapshot key yourself (`privyseal trust rotate snapshot`), or remove what is unusual in that role"
            }
            Self::OtherRoot { .. } => {
                "`privyseal trust publish` goes on with it; `privyseal trust reset --root` drops it where nobody signed it"
            }
            Self::NoSigner { .. } => {
                "`privyseal key list --wide` shows the keys that are here; an owner adds a signer with `privyseal trust signer add`"
            }
            Self::NotSigned { .. } => "`privyseal trust inspect` shows what is signed",
            Self::Raced(_) => {
                "nothing of theirs was lost; run the same command again: it starts from what they published"
            }
            Self::NotThere(_) => {
                "look at it with `privyseal trust inspect`; if nobody published meanwhile, do not trust this server"
            }
            Self::Io { .. } => "check who may write there, and that the disk is not full",
            Self::Damaged { .. } => {
                "move the file away; then look at what is published before you repeat what you did last"
            }
            Self::Home(_) => "repair or remove what is named",
        }
        .to_owned()
    }
}

impl From<PublishError> for Advice {
    fn from(error: PublishError) -> Self {
        let (message, remedy) = (error.to_string(), error.remedy());
        match error {
            PublishError::NotThere(_)
            | PublishError::Edit(EditError::WouldLose(_))
            | PublishError::Change {
                source: EditError::WouldLose(_),
                ..
            } => Self::needs_person(message, remedy),
            _ => Self::failed(message, remedy),
        }
    }
}

fn numbered(number: &Option<u64>) -> String {
    number.map_or_else(String::new, |number| format!("staged change {number}, "))
}
