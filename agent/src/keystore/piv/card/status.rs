//! Status words: what a card says at the end of every answer.

use std::fmt;

/// A status word (ISO/IEC 7816-4, section 5.6; SP 800-73-4, part 2, appendix A.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::keystore::piv) struct Status(pub(super) u16);

impl Status {
    /// It was done.
    pub(super) const DONE: Self = Self(0x9000);
    /// A PIN, a management key or a touch is missing: the card does not say which.
    pub(super) const SECURITY: Self = Self(0x6982);
    /// No try of this PIN or PUK is left.
    pub(super) const BLOCKED: Self = Self(0x6983);
    /// The data does not suit the command; also a new PIN that is too simple.
    pub(super) const DATA: Self = Self(0x6a80);
    /// No such application or object.
    pub(super) const NOT_FOUND: Self = Self(0x6a82);
    /// No such key.
    pub(super) const NO_KEY: Self = Self(0x6a88);
    /// No such command.
    pub(super) const NO_COMMAND: Self = Self(0x6d00);

    /// Bytes that the card holds ready for GET RESPONSE; 0 stands for 256 and more.
    pub(super) fn more(self) -> Option<u8> {
        let [high, low] = self.0.to_be_bytes();
        (high == 0x61).then_some(low)
    }

    /// Tries that are left after a wrong PIN, PUK or management key.
    pub(super) fn tries(self) -> Option<u8> {
        (self.0 & 0xfff0 == 0x63c0).then_some(self.0.to_be_bytes()[1] & 0x0f)
    }

    /// Is a PIN, a management key or a touch missing?
    pub(in crate::keystore::piv) fn is_security(self) -> bool {
        self == Self::SECURITY
    }

    /// Does the card not know what a parameter asks for?
    pub(super) fn is_about_parameters(self) -> bool {
        matches!(self.0, 0x6a80 | 0x6a81 | 0x6a86 | 0x6b00)
    }

    fn meaning(self) -> &'static str {
        match self.0 {
            0x6700 => "wrong length",
            0x6882 => "secure messaging not supported",
            0x6982 => "security status not satisfied",
            0x6983 => "authentication method blocked",
            0x6985 => "conditions of use not satisfied",
            0x6a80 => "incorrect data",
            0x6a81 => "function not supported",
            0x6a82 => "not found",
            0x6a84 => "no room left",
            0x6a86 | 0x6b00 => "incorrect parameter",
            0x6a88 => "no such key",
            0x6d00 => "no such command",
            0x6e00 => "no such class of commands",
            0x6f00 => "the card failed",
            _ => "of no known meaning",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tries() {
            Some(tries) => write!(f, "{:04x}, {tries} tries left", self.0),
            None => write!(f, "{:04x}, {}", self.0, self.meaning()),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_from_other_words() {
        assert_eq!(Status(0x63c2).tries(), Some(2));
        assert_eq!(Status(0x63c0).tries(), Some(0));
        assert_eq!(Status(0x6300).tries(), None);
        assert_eq!(Status(0x6105).more(), Some(5));
        assert_eq!(Status::DONE.more(), None);
        assert_eq!(Status(0x63c2).to_string(), "63c2, 2 tries left");
        assert_eq!(
            Status::SECURITY.to_string(),
            "6982, security status not satisfied"
        );
    }
}
