//! Faults on demand: what goes wrong with the next commands of a kind.

use std::time::Duration;

use crate::apdu::Command;

/// A fault that waits for its command.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The instruction that it waits for.
    pub on: u8,
    /// The P2 that it waits for; any if nothing.
    pub p2: Option<u8>,
    /// What goes wrong.
    pub effect: Effect,
    /// How many commands it befalls.
    pub times: u32,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The command is not executed, and this status is answered.
    Status(u16),
    /// The command is not executed, and random bytes are answered with 9000.
    Garbage,
    /// The command is executed, and its answer's data is missing.
    Empty,
    /// The command is executed, and its answer is cut to so many bytes of data.
    Truncate(usize),
    /// The command is executed after this time.
    Hang(Duration),
    /// The command is executed, and one bit in the last byte of its data is wrong.
    FlipLastBit,
    /// GENERATE, GET METADATA or ATTEST is executed, and tells another public key than that of the
    /// key in the slot.
    WrongPublicKey,
    /// The YubiKey is pulled out before the command is executed.
    RemoveBefore,
    /// The YubiKey is pulled out after the command was executed, and before the answer.
    RemoveAfter,
}

impl Fault {
    /// A fault that befalls the next command with this instruction.
    pub fn once(on: u8, effect: Effect) -> Self {
        Self {
            on,
            p2: None,
            effect,
            times: 1,
        }
    }

    /// The same for commands with this P2 only.
    pub fn with_p2(self, p2: u8) -> Self {
        Self {
            p2: Some(p2),
            ..self
        }
    }

    /// The same so many times.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}

/// Takes the effect of the first fault that waits for this command.
pub(crate) fn take(faults: &mut Vec<Fault>, command: &Command) -> Option<Effect> {
    let index = faults.iter().position(|fault| {
        fault.on == command.ins && fault.p2.is_none_or(|p2| p2 == command.p2) && fault.times > 0
    })?;
    let fault = &mut faults[index];
    fault.times -= 1;
    let effect = fault.effect;
    faults.retain(|fault| fault.times > 0);
    Some(effect)
}

/// Bytes that mean nothing.
pub(crate) fn garbage() -> Vec<u8> {
    let mut bytes = vec![0; 64];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}

impl Effect {
    /// What is left of an answer's data.
    pub(crate) fn spoil(self, mut data: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Empty => data.clear(),
            Self::Truncate(length) => data.truncate(length),
            Self::FlipLastBit => {
                if let Some(last) = data.last_mut() {
                    *last ^= 1;
                }
            }
            _ => {}
        }
        data
    }
}
