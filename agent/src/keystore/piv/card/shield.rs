//! The shield around the yubikey crate: some answers of a card make it panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::CardError;

/// Has the crate read the answer to `command`, and keeps its panics in.
pub(super) fn shield<T>(
    command: &'static str,
    read: impl FnOnce() -> Result<T, yubikey::Error>,
) -> Result<T, CardError> {
    // Nothing of it is used again after a panic.
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(CardError::nonsense(command, error.to_string())),
        Err(_) => Err(CardError::nonsense(command, "the yubikey crate panicked")),
    }
}
