use crate::json::{JsonPath, Object, Segment, Value};

/// A list of keys in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keyring {
    /// `signed.keys`, of a root.
    Root,
    /// `signed.delegations.keys`, of targets metadata.
    Delegations,
}

/// A role, by the place where a document names its keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RolePlace {
    /// `signed.roles.NAME`, of a root.
    Top(String),
    /// An item of `signed.delegations.roles`.
    Delegated {
        /// The role's name, as it is written.
        name: String,
        /// Its place in the new list; of a removed one, in the old list.
        index: usize,
    },
    /// `signed.delegations.succinct_roles`: every bin.
    Bins,
}

impl Keyring {
    /// The place, beginning with `signed`.
    pub fn path(self) -> JsonPath {
        let signed = JsonPath::default().key("signed");
        match self {
            Self::Root => signed.key("keys"),
            Self::Delegations => signed.key("delegations").key("keys"),
        }
    }
}

impl RolePlace {
    /// The place, beginning with `signed`.
    pub fn path(&self) -> JsonPath {
        let signed = JsonPath::default().key("signed");
        match self {
            Self::Top(name) => signed.key("roles").key(name),
            Self::Delegated { index, .. } => signed.key("delegations").key("roles").index(*index),
            Self::Bins => signed.key("delegations").key("succinct_roles"),
        }
    }

    /// What stands there in a document's `signed`.
    pub(crate) fn find<'a>(&self, signed: &'a Object) -> Option<&'a Object> {
        let path = self.path();
        let mut segments = path.segments().iter().skip(1);
        let Some(Segment::Key(first)) = segments.next() else {
            return None;
        };
        let found = segments.try_fold(signed.get(first)?, |value, segment| match segment {
            Segment::Key(key) => value.as_object()?.get(key),
            Segment::Index(index) => value.as_array()?.get(*index),
        });
        found.and_then(Value::as_object)
    }
}
