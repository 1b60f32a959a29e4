//! What a YubiKey was asked, in order, so that a test can prove what was sent and what was not.
//! It never holds the data of a command.

use crate::{instruction::VERIFY, status::Status};

/// An application of the YubiKey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// PIV.
    Piv,
    /// Yubico's management application: serial number, form factor, what is enabled.
    Management,
    /// Yubico's one-time passwords; here only its status and serial number.
    Otp,
}

/// One thing that happened to the YubiKey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The reader reset it or gave it power.
    Reset,
    /// It lost its power.
    PowerCut,
    /// It answered a command, or left without an answer.
    Command {
        /// The application that was selected when the answer was given.
        application: Option<Application>,
        /// Class.
        cla: u8,
        /// Instruction.
        ins: u8,
        /// First parameter.
        p1: u8,
        /// Second parameter.
        p2: u8,
        /// Bytes of command data in this APDU.
        length: usize,
        /// The status word; nothing where the card left without an answer.
        status: Option<Status>,
    },
}

impl Event {
    /// Whether this is a try at the PIN: VERIFY with data.
    pub fn is_pin_try(&self) -> bool {
        matches!(
            self,
            Event::Command {
                ins: VERIFY,
                p1: 0,
                length: 1..,
                ..
            }
        )
    }

    /// Whether this is a command with this instruction.
    pub fn is(&self, instruction: u8) -> bool {
        matches!(self, Event::Command { ins, .. } if *ins == instruction)
    }
}
