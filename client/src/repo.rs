//! A TUF repository under work: its settings, drafts, signatures and publication.

mod derive;
mod drafts;
mod edit;
mod project;
mod publish;
mod published;
mod root;
pub mod round;
mod sent;
mod settings;
mod staging;
mod status;
#[cfg(test)]
pub(crate) mod testing;
mod verify;
mod work;

pub use derive::{derive_snapshot, derive_timestamp, entry_of};
pub use drafts::Drafts;
pub use edit::{edit_targets, place_root, renewed};
pub use project::{Project, ProjectLock, SETTINGS};
pub use publish::{Publication, publish};
pub use published::Published;
pub use root::{RootChange, draft_root};
pub use sent::Sent;
pub use settings::{KeySettings, Period, RoleSettings, Roles, Settings, SettingsError};
pub use staging::{StagedFile, Staging};
pub use status::{MissingKey, RoleStatus, RoleVersion, statuses};
pub use verify::{Verified, verify};
pub use work::{Step, Work, next_version};

#[cfg(test)]
pub(crate) use settings::tests::example as example_settings;
