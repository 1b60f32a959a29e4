//! Taking over a repository whose keys are in files: root, targets and delegations go to keys at
//! the agents, every tag stays signed, and whoever knows the old root follows.
//!
//! Of the old keys only those of the role root sign once more, for the root that takes them out.

mod begun;
mod elsewhere;
mod enroll;
mod error;
mod known_before;
mod old_keys;
mod plan;
mod rehearsal;
mod retired;
mod signers;
#[cfg(test)]
mod tests;
mod vouched;

pub use begun::{Begun, BegunError, begun};
pub use elsewhere::Elsewhere;
pub use enroll::enroll;
pub use error::AdoptError;
pub use old_keys::{OldKey, OldKeys};
pub use plan::{Left, NewKeys, Plan, Replaced, RolePlan, Wanted};
pub use rehearsal::{Rehearsal, RehearsalError};
pub use retired::{Retired, retired};
pub use vouched::check_vouched;
