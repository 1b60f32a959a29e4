//! A TUF repository under work: its settings, drafts, signatures and publication.

mod attach;
mod calendar;
mod clock;
mod countersign;
mod delegation;
mod derive;
mod draft_file;
mod drafts;
mod edit;
mod exported;
mod home;
mod import;
mod incident;
mod owners;
mod project;
mod publish;
mod published;
mod root;
pub mod round;
mod sent;
mod settings;
mod signatures;
mod staging;
mod status;
#[cfg(test)]
pub(crate) mod testing;
mod tree;
mod verify;
mod work;

pub use attach::{Adopted, Attaching, Outcome, Taken, adopt, held_keys};
pub use calendar::calendar;
pub use clock::clock_doubt;
pub use countersign::{Ask, asks, countersign};
pub use delegation::{BinsChange, DelegationChange, NewDelegation, change_delegation, delegate};
pub use delegation::{delegations, notes, place_bins, undelegate};
pub use derive::entry_of;
pub use draft_file::{Before, DraftFile, DraftFileError, Signer};
pub use drafts::Drafts;
pub use edit::{edit_targets, is_renewal, place_root, renewed};
pub use exported::Exported;
pub use home::Homes;
pub use import::{
    Basis, Import, Imported, ImportedRole, Keyholders, OwnerName, TrustedRoot, Validity,
};
pub use incident::{Consequences, GoneKey, Incident, IncidentKind, Plan, Section};
pub use incident::{key_named, keys_of};
pub use owners::Owners;
pub use project::{Project, ProjectLock, SETTINGS};
pub use publish::{Begun, Layout, Publication, Scope, publish, publish_to};
pub use published::Published;
pub use root::{RootChange, draft_root};
pub(crate) use round::{is_seen, sign_one};
pub use sent::{Sending, Sent};
pub use settings::{
    Delegated, DelegatedSettings, Holder, KeySettings, Period, Publishing, RoleSettings, Roles,
};
pub use settings::{Settings, SettingsError, bins, take_key};
pub use signatures::{KeyName, SignatureStatus};
pub use staging::{StagedFile, Staging};
pub use status::{BinsStatus, Due, RoleStatus, RoleVersion, Standing, Status};
pub use tree::{BinGroup, BinsNode, Branch, Delegatee, RoleKey, RoleNode};
pub use tree::{branches, delegatees, tree};
pub use verify::{
    FileCheck, MAX_ROOT, Report, RoleReport, RootStart, Start, Unfound, Verification,
};
pub use verify::{Warning, verify};
pub use work::{Step, Work, next_version};

#[cfg(test)]
pub(crate) use settings::tests::example as example_settings;
