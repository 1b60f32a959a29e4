use super::{DangerKind, Deception};
use crate::{KeyId, KeyProblem, PathPatternProblem, ViewError};

/// What is dangerous, with what the change itself does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The document is not valid metadata of its role.
    Invalid(ViewError),
    /// The version is not above the old one, though something changed.
    NotHigher,
    /// Versions are left out: any of a root, which clients follow one by one; very many of others.
    Skipped,
    /// It expires later than is usual.
    FarExpiry {
        /// The latest usual expiry, in Unix seconds.
        latest: i64,
    },
    /// It is expired already.
    PastExpiry,
    /// It expires earlier than the version before.
    EarlierExpiry,
    /// Files are named with their version and hash no longer, or only now.
    ConsistentSnapshot,
    /// It follows an older version of the specification than before.
    OlderSpecification,
    /// Fewer keys than before must sign.
    LoweredThreshold,
    /// More keys must sign than there are different ones.
    Unreachable {
        /// How many different keys there are.
        keys: usize,
    },
    /// Another key takes the place of one of the same owner.
    SwappedKey {
        /// The owner.
        owner: String,
        /// The key that goes.
        other: KeyId,
    },
    /// A keyid names another public key than before.
    ReplacedKey,
    /// A key says that it is somebody else's than before.
    OtherOwner,
    /// Nobody here knows whose the key is.
    UnknownOwner,
    /// The keyid is not the one that the specification computes.
    WrongKeyId {
        /// The computed one.
        computed: KeyId,
    },
    /// The same public key under two keyids: some clients count it twice.
    SameKey {
        /// The other keyid.
        other: KeyId,
    },
    /// A key that can't verify anything.
    UnusableKey(KeyProblem),
    /// An owner has a second key in a role.
    SecondKey {
        /// The owner.
        owner: String,
        /// Another key of the owner in that role.
        other: KeyId,
    },
    /// The new keys of a role are enough to sign for it, without any of the old ones.
    Newcomers {
        /// How many they are.
        keys: usize,
    },
    /// The keys of snapshot or timestamp change.
    OnlineKey,
    /// A key of snapshot or timestamp may sign for root or targets.
    PromotedKey,
    /// A delegated role may have paths that it did not have.
    WidenedPath,
    /// A new delegated role gives paths to a key that other delegations did not give it.
    WidenedKey {
        /// The key.
        keyid: KeyId,
    },
    /// A delegation goes away.
    DroppedDelegation,
    /// All bins get other names.
    RenamedBins,
    /// A new delegation is asked before an old one.
    AskedBefore {
        /// The old one.
        other: String,
    },
    /// The order of delegations changes.
    Moved,
    /// Whether the search ends with a delegation changes.
    Terminating,
    /// A new target of a path that a delegated role is trusted with: what that role says of it is
    /// no longer found.
    Shadows {
        /// The delegated role.
        role: String,
    },
    /// So many new targets and patterns that they were not all compared.
    TooManyPatterns,
    /// A role delegates to itself.
    SelfDelegation,
    /// A pattern that no target path can match.
    BadPattern(PathPatternProblem),
    /// A target has another content.
    ReplacedTarget,
    /// A target goes away.
    RemovedTarget,
    /// No hash that clients know.
    UnknownHash,
    /// The file's content is no longer pinned by a hash.
    Unpinned,
    /// A listed metadata file is listed no longer.
    EntryDropped,
    /// An older version of a metadata file.
    EntryLowered,
    /// Another content of a metadata file under the same version.
    EntryReplaced,
    /// A text that deceives by its characters.
    Deceptive {
        /// The text: a name in the change, or some text in its value.
        text: String,
        /// How it deceives.
        how: Deception,
    },
    /// A name that looks like another one.
    LooksLike {
        /// The name.
        text: String,
        /// The other one.
        other: String,
    },
    /// A name that differs from another one by upper and lower case alone.
    OnlyCase {
        /// The name.
        text: String,
        /// The other one.
        other: String,
    },
}

impl Cause {
    pub(super) fn kind(&self) -> DangerKind {
        use DangerKind as Kind;
        match self {
            Self::Invalid(_) => Kind::Invalid,
            Self::NotHigher | Self::EntryDropped | Self::EntryLowered | Self::EntryReplaced => {
                Kind::Rollback
            }
            Self::Skipped => Kind::SkippedVersion,
            Self::FarExpiry { .. } | Self::PastExpiry | Self::EarlierExpiry => Kind::Expiry,
            Self::ConsistentSnapshot | Self::OlderSpecification => Kind::Setting,
            Self::LoweredThreshold | Self::Unreachable { .. } => Kind::Threshold,
            Self::SwappedKey { .. } | Self::ReplacedKey | Self::OtherOwner => Kind::SwappedKey,
            Self::UnknownOwner => Kind::UnknownKey,
            Self::WrongKeyId { .. } | Self::SameKey { .. } | Self::UnusableKey(_) => Kind::BadKey,
            Self::SecondKey { .. } | Self::Newcomers { .. } => Kind::Concentration,
            Self::OnlineKey | Self::PromotedKey => Kind::OnlineKey,
            Self::WidenedPath | Self::WidenedKey { .. } => Kind::WidenedPath,
            Self::DroppedDelegation | Self::RenamedBins => Kind::DroppedDelegation,
            Self::AskedBefore { .. }
            | Self::Moved
            | Self::Terminating
            | Self::Shadows { .. }
            | Self::TooManyPatterns => Kind::Priority,
            Self::SelfDelegation | Self::BadPattern(_) => Kind::BadDelegation,
            Self::ReplacedTarget => Kind::ReplacedTarget,
            Self::RemovedTarget => Kind::RemovedTarget,
            Self::UnknownHash | Self::Unpinned => Kind::WeakHash,
            Self::Deceptive { how, .. } => match how {
                Deception::Hidden(_) => Kind::HiddenCharacters,
                Deception::MixedScripts { .. } | Deception::Imitation { .. } => Kind::LookAlike,
            },
            Self::LooksLike { .. } | Self::OnlyCase { .. } => Kind::LookAlike,
        }
    }
}
