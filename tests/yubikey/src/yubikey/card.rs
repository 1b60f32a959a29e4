//! The side of the YubiKey that a reader sees: chained commands, GET RESPONSE, SELECT, and the
//! faults that befall a command on its way (ISO/IEC 7816-4 sections 5.3 and 11).

use std::sync::Arc;

use super::{Device, Inside, VirtualYubiKey, application};
use crate::{
    Card,
    apdu::Command,
    fault::{self, Effect},
    instruction::{ATTEST, GENERATE, GET_METADATA, GET_RESPONSE, SELECT},
    journal::{Application, Event},
    management, otp,
    status::{Answer, Status},
};

/// The answer to reset of a YubiKey 5 over USB; its historical bytes say "YubiKey".
const ATR: [u8; 23] = [
    0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
    0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40,
];

impl Card for VirtualYubiKey {
    fn atr(&self) -> Vec<u8> {
        ATR.to_vec()
    }

    fn reset(&mut self) {
        let mut inside = self.0.inside();
        inside.piv.forget();
        inside.selected = None;
        inside.chained = None;
        inside.pending.clear();
        self.0.journal().push(Event::Reset);
    }

    fn transmit(&mut self, bytes: &[u8]) -> Vec<u8> {
        let device = &self.0;
        let mut inside = device.inside();
        device.body.begin_command();
        let command = match Command::parse(bytes) {
            Ok(command) => command,
            Err(status) => return status.0.to_be_bytes().to_vec(),
        };
        let answer = inside.answer(device, &command);
        let answer = answer.filter(|_| !device.body.lost_power());
        device.journal().push(Event::Command {
            application: inside.selected,
            cla: command.cla,
            ins: command.ins,
            p1: command.p1,
            p2: command.p2,
            length: command.data.len(),
            status: answer.as_deref().and_then(status_of),
        });
        answer.unwrap_or_default()
    }

    fn power_cut(&self) -> Arc<dyn Fn() + Send + Sync> {
        let device = Arc::clone(&self.0);
        Arc::new(move || {
            device.body.cut_power();
            device.journal().push(Event::PowerCut);
        })
    }
}

impl Inside {
    /// One APDU's answer; nothing if the card left.
    fn answer(&mut self, device: &Device, command: &Command) -> Option<Vec<u8>> {
        if command.ins == GET_RESPONSE && !command.is_chained() {
            return Some(self.part(command.expected));
        }
        self.pending.clear();
        let whole = match self.joined(command, device.profile.buffer) {
            Ok(Some(whole)) => whole,
            Ok(None) => return Some(Status::SUCCESS.0.to_be_bytes().to_vec()),
            Err(status) => return Some(status.0.to_be_bytes().to_vec()),
        };
        match self.befallen(device, &whole)? {
            Ok(data) => {
                self.pending = data;
                Some(self.part(whole.expected))
            }
            Err(status) => Some(status.0.to_be_bytes().to_vec()),
        }
    }

    /// The next part of the answer that waits, and 61xx while more of it waits.
    fn part(&mut self, most: usize) -> Vec<u8> {
        let rest = self.pending.split_off(self.pending.len().min(most));
        let mut part = std::mem::replace(&mut self.pending, rest);
        let status = match self.pending.len() {
            0 => Status::SUCCESS,
            left => Status::more(left),
        };
        status.append_to(&mut part);
        part
    }

    /// The whole command once its last part is here.
    fn joined(&mut self, command: &Command, buffer: usize) -> Result<Option<Command>, Status> {
        if command.cla & !0x10 != 0 {
            return Err(Status::UNKNOWN_CLASS);
        }
        let same = |begun: &Command| {
            (begun.ins, begun.p1, begun.p2) == (command.ins, command.p1, command.p2)
        };
        // Another command in between ends the chain.
        let mut whole = match self.chained.take().filter(same) {
            Some(mut begun) => {
                begun.data.extend_from_slice(&command.data);
                begun
            }
            None => command.clone(),
        };
        if whole.data.len() > buffer {
            return Err(Status::WRONG_LENGTH);
        }
        if command.is_chained() {
            self.chained = Some(whole);
            return Ok(None);
        }
        whole.cla = command.cla;
        whole.expected = command.expected;
        Ok(Some(whole))
    }

    /// Executes a command with the fault that waits for it; nothing if the card left.
    fn befallen(&mut self, device: &Device, command: &Command) -> Option<Answer> {
        let effect = fault::take(&mut device.faults(), command);
        match effect {
            Some(Effect::Status(status)) => return Some(Err(Status(status))),
            Some(Effect::Garbage) => return Some(Ok(fault::garbage())),
            Some(Effect::RemoveBefore) => return None,
            Some(Effect::Hang(time)) if !device.body.hang(time) => return None,
            _ => {}
        }
        let answer = match effect {
            Some(Effect::WrongPublicKey) => self.execute_about_another_key(device, command),
            _ => self.execute(device, command),
        };
        match effect {
            Some(Effect::RemoveAfter) => None,
            Some(effect) => Some(answer.map(|data| effect.spoil(data))),
            None => Some(answer),
        }
    }

    /// Executes a command that tells a public key, and tells another one than the slot has after it.
    fn execute_about_another_key(&mut self, device: &Device, command: &Command) -> Answer {
        let slot = if command.ins == ATTEST {
            command.p1
        } else {
            command.p2
        };
        match command.ins {
            GENERATE => {
                let answer = self.execute(device, command);
                self.piv.swap_key(slot);
                answer
            }
            ATTEST | GET_METADATA => {
                let own = self.piv.swap_key(slot);
                let answer = self.execute(device, command);
                if let Some(own) = own {
                    self.piv.put_key(slot, own);
                }
                answer
            }
            _ => self.execute(device, command),
        }
    }

    fn execute(&mut self, device: &Device, command: &Command) -> Answer {
        if command.ins == SELECT {
            return self.select(device, command);
        }
        match self.selected {
            Some(Application::Piv) => self.piv.execute(command),
            Some(Application::Management) => management::execute(&device.profile, command),
            Some(Application::Otp) => otp::execute(&device.profile, command),
            None => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }

    /// SELECT by identifier; what was verified in PIV is forgotten when another one is selected.
    fn select(&mut self, device: &Device, command: &Command) -> Answer {
        if command.p1 != 0x04 {
            return Err(Status::WRONG_PARAMETERS);
        }
        let application = application(&command.data).ok_or(Status::NOT_FOUND)?;
        let before = self.selected.replace(application);
        Ok(match application {
            Application::Piv => self.piv.select(before == Some(Application::Piv)),
            Application::Management => {
                self.piv.forget();
                management::select(&device.profile)
            }
            Application::Otp => {
                self.piv.forget();
                otp::status(&device.profile)
            }
        })
    }
}

fn status_of(answer: &[u8]) -> Option<Status> {
    answer
        .last_chunk()
        .map(|status| Status(u16::from_be_bytes(*status)))
}
