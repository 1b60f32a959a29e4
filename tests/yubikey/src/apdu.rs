//! Command APDUs, short and extended (ISO/IEC 7816-4 section 5.1).

use crate::status::Status;

/// CLA bit: more parts of this command follow.
const CHAINED: u8 = 0x10;

/// One command APDU.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) cla: u8,
    pub(crate) ins: u8,
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    pub(crate) data: Vec<u8>,
    /// Most bytes that an answer may have, the status aside: 256 for a short APDU without Le, as
    /// readers for T=1 leave it away.
    pub(crate) expected: usize,
}

impl Command {
    /// Reads a command; one whose lengths contradict each other is 6700.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Status> {
        let [cla, ins, p1, p2, body @ ..] = bytes else {
            return Err(Status::WRONG_LENGTH);
        };
        let (data, expected) = body_of(body).ok_or(Status::WRONG_LENGTH)?;
        Ok(Self {
            cla: *cla,
            ins: *ins,
            p1: *p1,
            p2: *p2,
            data: data.to_vec(),
            expected,
        })
    }

    /// Whether more parts of the same command follow.
    pub(crate) fn is_chained(&self) -> bool {
        self.cla & CHAINED != 0
    }
}

/// The command data and Le, from what follows the four bytes of the header.
fn body_of(body: &[u8]) -> Option<(&[u8], usize)> {
    match body {
        [] => Some((&[], 256)),
        [le] => Some((&[], short(*le))),
        [0, high, low] => Some((&[], extended(*high, *low))),
        [0, high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let (data, le) = rest.split_at_checked(length)?;
            match le {
                [] => Some((data, 65536)),
                [high, low] => Some((data, extended(*high, *low))),
                _ => None,
            }
        }
        [length, rest @ ..] => {
            let (data, le) = rest.split_at_checked(usize::from(*length))?;
            match le {
                [] => Some((data, 256)),
                [le] => Some((data, short(*le))),
                _ => None,
            }
        }
    }
}

fn short(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

fn extended(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65536,
        le => usize::from(le),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(hex: &str) -> Option<(Vec<u8>, usize)> {
        let command = Command::parse(&hex::decode(hex).unwrap()).ok()?;
        Some((command.data, command.expected))
    }

    #[test]
    fn the_seven_forms_of_a_command_are_read() {
        assert_eq!(parsed("00fd0000"), Some((vec![], 256)));
        assert_eq!(parsed("00fd000003"), Some((vec![], 3)));
        assert_eq!(parsed("00a4040002a000"), Some((vec![0xa0, 0], 256)));
        assert_eq!(parsed("00a4040002a00000"), Some((vec![0xa0, 0], 256)));
        assert_eq!(parsed("00fd0000000400"), Some((vec![], 1024)));
        assert_eq!(parsed("00a40400000002a000"), Some((vec![0xa0, 0], 65536)));
        assert_eq!(parsed("00a40400000002a0000100"), Some((vec![0xa0, 0], 256)));
    }

    #[test]
    fn lengths_that_contradict_the_bytes_are_refused() {
        for wrong in [
            "00fd00",
            "00a4040003a000",
            "00a4040002a0000000",
            "00a40400000003a000",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
