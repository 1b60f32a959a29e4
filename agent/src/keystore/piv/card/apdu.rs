//! Commands and answers (ISO/IEC 7816-4, section 5.1): short, chained where they are long.

use zeroize::Zeroizing;

use super::{error::CardError, status::Status};

/// The most data that one short command carries.
const CHUNK: usize = 255;

/// The longest answer that is put together, in bytes: a YubiKey's objects have up to 3,052.
const LONGEST_ANSWER: usize = 4096;

/// Says that another part of the command follows (section 5.3.3).
const CHAINED: u8 = 0x10;

/// Something that APDUs are sent to.
pub(super) trait Transport {
    /// Sends one short command; the answer ends with its status word.
    fn transmit(&self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardError>;
}

impl Transport for pcsc::Transaction<'_> {
    fn transmit(&self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let mut buffer = Zeroizing::new(vec![0; pcsc::MAX_BUFFER_SIZE]);
        let length = pcsc::Card::transmit(self, command, &mut buffer)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

/// One command.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    /// Its name in the standard.
    pub(super) name: &'static str,
    /// INS.
    pub(super) instruction: u8,
    /// P1 and P2.
    pub(super) parameters: [u8; 2],
    /// What it carries. It may be a secret.
    pub(super) data: &'a [u8],
    /// Does it answer with data? It is given a Le of 256 then.
    pub(super) answers: bool,
}

/// What a card said.
pub(super) struct Answer {
    pub(super) command: &'static str,
    pub(super) status: Status,
    pub(super) data: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// Its data, where the command was done.
    pub(super) fn done(self) -> Result<Zeroizing<Vec<u8>>, CardError> {
        match self.status {
            Status::DONE => Ok(self.data),
            status => Err(CardError::Refused {
                command: self.command,
                status,
            }),
        }
    }
}

impl Command<'_> {
    /// Sends the command in as many parts as it takes, and fetches the whole answer.
    pub(super) fn send(&self, card: &dyn Transport) -> Result<Answer, CardError> {
        let mut rest = self.data;
        while let Some((part, after)) = rest.split_at_checked(CHUNK)
            && !after.is_empty()
        {
            let answer = self.receive(card, &self.part(CHAINED, part, false))?;
            if answer.status != Status::DONE {
                return Ok(answer);
            }
            rest = after;
        }
        let mut answer = self.receive(card, &self.part(0, rest, self.answers))?;
        while let Some(more) = answer.status.more() {
            let next = self.receive(card, &[0x00, 0xc0, 0x00, 0x00, more])?;
            let stands_still = next.data.is_empty() && next.status.more().is_some();
            if stands_still || answer.data.len() + next.data.len() > LONGEST_ANSWER {
                return Err(CardError::nonsense(self.name, "it does not end"));
            }
            // A vector that grows would leave its old bytes behind.
            let mut data = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWER));
            data.extend_from_slice(&answer.data);
            data.extend_from_slice(&next.data);
            answer = Answer { data, ..next };
        }
        Ok(answer)
    }

    fn part(&self, class: u8, data: &[u8], answers: bool) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(data.len() + 6));
        let [p1, p2] = self.parameters;
        bytes.extend_from_slice(&[class, self.instruction, p1, p2]);
        if let Ok(length @ 1..) = u8::try_from(data.len()) {
            bytes.push(length);
            bytes.extend_from_slice(data);
        }
        if answers {
            bytes.push(0);
        }
        bytes
    }

    fn receive(&self, card: &dyn Transport, command: &[u8]) -> Result<Answer, CardError> {
        let mut data = card.transmit(command)?;
        if data.is_empty() {
            return Err(CardError::Gone("it gave no answer".to_owned()));
        }
        let Some((rest, &status)) = data.split_last_chunk() else {
            return Err(CardError::nonsense(self.name, "no status word"));
        };
        let length = rest.len();
        data.truncate(length);
        Ok(Answer {
            command: self.name,
            status: Status(u16::from_be_bytes(status)),
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    fn command(data: &[u8], answers: bool) -> Command<'_> {
        Command {
            name: "TEST",
            instruction: 0xab,
            parameters: [1, 2],
            data,
            answers,
        }
    }

    #[test]
    fn long_commands_are_chained_and_long_answers_fetched() {
        let data = [7; 300];
        let first = format!("10ab0102ff{}", "07".repeat(255));
        let last = format!("00ab01022d{}00", "07".repeat(45));
        let card = Fake::new(&[
            (&first, "9000"),
            (&last, "01026102"),
            ("00c0000002", "03046101"),
            ("00c0000001", "059000"),
        ]);
        let answer = command(&data, true).send(&card).unwrap();
        assert_eq!(*answer.done().unwrap(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_command_of_255_bytes_is_one() {
        let sent = format!("00ab0102ff{}", "07".repeat(255));
        let card = Fake::new(&[(&sent, "9000")]);
        command(&[7; 255], false).send(&card).unwrap();
        let card = Fake::new(&[("00ab010200", "9000"), ("00ab0102", "6d00")]);
        command(&[], true).send(&card).unwrap();
        let refused = command(&[], false).send(&card).unwrap().done().unwrap_err();
        assert_eq!(refused.to_string(), "TEST: 6d00, no such command");
    }

    #[test]
    fn a_chain_ends_where_the_card_refuses_a_part() {
        let first = format!("10ab0102ff{}", "07".repeat(255));
        let card = Fake::new(&[(&first, "6982")]);
        let answer = command(&[7; 300], true).send(&card).unwrap();
        assert_eq!(answer.status, Status::SECURITY);
    }

    #[test]
    fn an_answer_without_end_or_status_is_refused() {
        let more = format!("{}6100", "00".repeat(256));
        let endless: Vec<_> = std::iter::once(("00ab010200", more.as_str()))
            .chain(std::iter::repeat_n(("00c0000000", more.as_str()), 16))
            .collect();
        let card = Fake::new(&endless);
        assert!(command(&[], true).send(&card).is_err());
        let card = Fake::new(&[("00ab010200", "6101"), ("00c0000001", "6101")]);
        assert!(command(&[], true).send(&card).is_err());
        assert!(
            command(&[], false)
                .send(&Fake::new(&[("00ab0102", "90")]))
                .is_err()
        );
    }
}
