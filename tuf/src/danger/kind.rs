use std::fmt;
use std::str::FromStr;

/// A sort of danger, by the name under which a person may accept it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DangerKind {
    /// The document is not valid metadata of its role.
    Invalid,
    /// A version, or what is said of a version, goes back.
    Rollback,
    /// Versions are left out.
    SkippedVersion,
    /// An expiry far out, in the past, or earlier than before.
    Expiry,
    /// A setting of the whole repository or document goes another way.
    Setting,
    /// Fewer keys than before suffice, or more are needed than there are.
    Threshold,
    /// A keyid or owner stands for another key than before.
    SwappedKey,
    /// A key that nobody here knows.
    UnknownKey,
    /// A key that is not what it seems, or counts twice.
    BadKey,
    /// One owner, or newcomers alone, can do what needed several.
    Concentration,
    /// The keys of snapshot or timestamp change, or get other powers.
    OnlineKey,
    /// A delegated role is trusted with more paths.
    WidenedPath,
    /// A delegation goes away.
    DroppedDelegation,
    /// Who is asked first for a path changes.
    Priority,
    /// A delegation that cannot be meant.
    BadDelegation,
    /// A target has another content.
    ReplacedTarget,
    /// A target goes away.
    RemovedTarget,
    /// A file is pinned by no hash that clients know.
    WeakHash,
    /// Characters that a screen hides or obeys.
    HiddenCharacters,
    /// A name that looks like another one.
    LookAlike,
}

/// A name of no sort of danger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no danger")]
pub struct UnknownDanger(pub String);

impl DangerKind {
    /// Every one.
    pub const ALL: [Self; 20] = [
        Self::Invalid,
        Self::Rollback,
        Self::SkippedVersion,
        Self::Expiry,
        Self::Setting,
        Self::Threshold,
        Self::SwappedKey,
        Self::UnknownKey,
        Self::BadKey,
        Self::Concentration,
        Self::OnlineKey,
        Self::WidenedPath,
        Self::DroppedDelegation,
        Self::Priority,
        Self::BadDelegation,
        Self::ReplacedTarget,
        Self::RemovedTarget,
        Self::WeakHash,
        Self::HiddenCharacters,
        Self::LookAlike,
    ];

    /// Its name, such as `replaced-target`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Rollback => "rollback",
            Self::SkippedVersion => "skipped-version",
            Self::Expiry => "expiry",
            Self::Setting => "setting",
            Self::Threshold => "threshold",
            Self::SwappedKey => "swapped-key",
            Self::UnknownKey => "unknown-key",
            Self::BadKey => "bad-key",
            Self::Concentration => "concentration",
            Self::OnlineKey => "online-key",
            Self::WidenedPath => "widened-path",
            Self::DroppedDelegation => "dropped-delegation",
            Self::Priority => "priority",
            Self::BadDelegation => "bad-delegation",
            Self::ReplacedTarget => "replaced-target",
            Self::RemovedTarget => "removed-target",
            Self::WeakHash => "weak-hash",
            Self::HiddenCharacters => "hidden-characters",
            Self::LookAlike => "look-alike",
        }
    }
}

impl FromStr for DangerKind {
    type Err = UnknownDanger;

    fn from_str(text: &str) -> Result<Self, UnknownDanger> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownDanger(text.to_owned()))
    }
}

impl fmt::Display for DangerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
