//! Status words (ISO/IEC 7816-4 section 5.6; SP 800-73-4 part 2, table 6).

/// The two bytes that end every answer of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const SUCCESS: Status = Status(0x9000);
    /// The length of the command data can't be right, or is more than the card's buffer.
    pub const WRONG_LENGTH: Status = Status(0x6700);
    /// PIN, management key or touch is missing.
    pub const SECURITY_NOT_SATISFIED: Status = Status(0x6982);
    /// No try is left.
    pub const BLOCKED: Status = Status(0x6983);
    /// Not now: a reset before PIN and PUK are blocked.
    pub const CONDITIONS_NOT_SATISFIED: Status = Status(0x6985);
    /// The data field is wrong.
    pub const WRONG_DATA: Status = Status(0x6A80);
    /// No such object or application.
    pub const NOT_FOUND: Status = Status(0x6A82);
    /// No such key reference, or nothing in it.
    pub const REFERENCE_NOT_FOUND: Status = Status(0x6A88);
    /// P1 or P2 is wrong.
    pub const WRONG_PARAMETERS: Status = Status(0x6B00);
    /// The card does not know this instruction.
    pub const UNKNOWN_INSTRUCTION: Status = Status(0x6D00);
    /// The card does not know this class of commands.
    pub const UNKNOWN_CLASS: Status = Status(0x6E00);
    /// The card lost power or broke while it worked.
    pub const ABORTED: Status = Status(0x6F00);

    /// The value was wrong and so many tries are left; the status word counts to 15 only.
    pub fn tries_left(tries: u8) -> Status {
        Status(0x63C0 | u16::from(tries.min(15)))
    }

    /// So many bytes can be fetched by GET RESPONSE; 256 and more are told as 0.
    pub(crate) fn more(bytes: usize) -> Status {
        Status(0x6100 | u16::try_from(bytes).ok().filter(|&n| n < 256).unwrap_or(0))
    }

    pub(crate) fn append_to(self, answer: &mut Vec<u8>) {
        answer.extend_from_slice(&self.0.to_be_bytes());
    }
}

/// What a command gives: data for status 9000, or another status and no data.
pub(crate) type Answer = Result<Vec<u8>, Status>;
