use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::RoleType;

/// The longest role name, in bytes. Encoded, it may be three times as long.
pub const MAX_ROLE_NAME: usize = 255;

/// The name of a delegated role (spec, section 4.5): any text that names no top-level role.
///
/// It is somebody else's word and must never be used as a file name: see
/// [`file_stem`](Self::file_stem).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(Arc<str>);

/// Why a text names no delegated role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleNameError {
    /// No text.
    #[error("is empty")]
    Empty,
    /// Longer than [`MAX_ROLE_NAME`].
    #[error("is longer than {MAX_ROLE_NAME} bytes")]
    TooLong,
    /// The name of a top-level role.
    #[error("is the name of the top-level role {0}")]
    TopLevel(RoleType),
}

impl RoleName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as part of a file name or URL: all but letters, digits, `-`, `_`, `.` and `~` is
    /// percent-encoded, as python-tuf does it.
    pub fn file_stem(&self) -> String {
        utf8_percent_encode(&self.0, ENCODED).to_string()
    }
}

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        if text.is_empty() {
            return Err(RoleNameError::Empty);
        }
        if text.len() > MAX_ROLE_NAME {
            return Err(RoleNameError::TooLong);
        }
        match text.parse() {
            Ok(role) => Err(RoleNameError::TopLevel(role)),
            Err(_) => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        for (name, stem) in [
            ("app", "app"),
            ("bins-0a1f", "bins-0a1f"),
            ("a.b_c~d", "a.b_c~d"),
            ("../x", "..%2Fx"),
            ("/etc/passwd", "%2Fetc%2Fpasswd"),
            ("a b?#%", "a%20b%3F%23%25"),
            ("é\n\0", "%C3%A9%0A%00"),
            ("C:\\x", "C%3A%5Cx"),
        ] {
            assert_eq!(name.parse::<RoleName>().unwrap().file_stem(), stem);
        }
    }

    #[test]
    fn refuses_what_names_no_delegated_role() {
        use RoleNameError as E;
        assert_eq!("".parse::<RoleName>(), Err(E::Empty));
        assert_eq!("x".repeat(256).parse::<RoleName>(), Err(E::TooLong));
        for role in RoleType::ALL {
            assert_eq!(role.as_str().parse::<RoleName>(), Err(E::TopLevel(role)));
        }
    }
}
