use crate::RoleType;
use crate::json::Object;

/// Which of the two ways of writing metadata a document uses. Its `_type` says it: `root` or `Root`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// The TUF specification, 1.x.
    #[default]
    Spec,
    /// Notary v1, which Docker Content Trust uses.
    Notary,
}

impl Dialect {
    /// As configs and messages name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Notary => "notary",
        }
    }

    /// What `_type` is in documents of a role; delegated roles have that of targets.
    pub fn type_name(self, role: RoleType) -> &'static str {
        match (self, role) {
            (Self::Spec, role) => role.as_str(),
            (Self::Notary, RoleType::Root) => "Root",
            (Self::Notary, RoleType::Targets) => "Targets",
            (Self::Notary, RoleType::Snapshot) => "Snapshot",
            (Self::Notary, RoleType::Timestamp) => "Timestamp",
        }
    }

    /// The dialect of a document, by the case of its `_type`. What is of no type that is known is
    /// taken for the specification's, whose reader says what is wrong with it.
    pub(crate) fn of(signed: &Object) -> Self {
        let found = signed.get("_type").and_then(|value| value.as_str());
        let is_notary = |role| found == Some(Self::Notary.type_name(role));
        match RoleType::ALL.into_iter().any(is_notary) {
            true => Self::Notary,
            false => Self::Spec,
        }
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
