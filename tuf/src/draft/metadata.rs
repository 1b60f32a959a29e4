use crate::{Document, RoleType, Root, Snapshot, Targets, Timestamp, ViewError};

/// A typed view that a document of one role has.
pub trait Metadata: Sized + sealed::Sealed {
    /// The role.
    const ROLE: RoleType;

    /// Reads a document of that role.
    fn read(document: &Document) -> Result<Self, ViewError>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! metadata {
    ($view:ident, $read:ident) => {
        impl sealed::Sealed for $view {}

        impl Metadata for $view {
            const ROLE: RoleType = RoleType::$view;

            fn read(document: &Document) -> Result<Self, ViewError> {
                document.$read()
            }
        }
    };
}

metadata!(Root, root);
metadata!(Targets, targets);
metadata!(Snapshot, snapshot);
metadata!(Timestamp, timestamp);
