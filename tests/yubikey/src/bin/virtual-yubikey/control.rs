//! What a hand does to the YubiKeys, by lines of a FIFO.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, Weak};
use std::thread;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use virtual_yubikey::VirtualYubiKey;
use virtual_yubikey::plugboard::Plugboard;

use crate::options::TouchMode;

/// The YubiKeys, and what they are plugged into.
pub(crate) struct Desk {
    plugboard: Plugboard,
    yubikeys: Vec<(VirtualYubiKey, Plugged)>,
}

type Plugged = bool;

impl Desk {
    /// Plugs all of them in.
    pub(crate) fn new(plugboard: Plugboard, yubikeys: Vec<VirtualYubiKey>) -> Self {
        let mut desk = Self {
            plugboard,
            yubikeys: Vec::new(),
        };
        for yubikey in yubikeys {
            desk.plugboard.plug(&yubikey);
            desk.yubikeys.push((yubikey, true));
        }
        desk
    }

    /// Does what a line says, and tells what came of it.
    fn obey(&mut self, line: &str) -> Result<&'static str, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            ["touch", serial @ ..] => {
                let wanted = self.chosen(serial)?.filter(|(yubikey, _)| yubikey.touch());
                Ok(match wanted.count() {
                    0 => "nothing waits for a touch",
                    _ => "touched",
                })
            }
            ["touch-mode", mode, serial @ ..] => {
                let TouchMode(touch) = mode.parse()?;
                self.chosen(serial)?
                    .for_each(|(yubikey, _)| yubikey.set_touch(touch));
                Ok("set")
            }
            ["pull", serial] => self.move_to(serial, false),
            ["plug", serial] => self.move_to(serial, true),
            _ => Err("this is no command: touch, touch-mode, pull, plug".to_owned()),
        }
    }

    fn move_to(&mut self, serial: &str, plugged: bool) -> Result<&'static str, String> {
        let at = self.position(serial)?;
        let (yubikey, is) = &mut self.yubikeys[at];
        match (*is, plugged) {
            (true, true) => return Err("it is plugged in".to_owned()),
            (false, false) => return Err("it is not plugged in".to_owned()),
            (false, true) => self.plugboard.plug(yubikey),
            (true, false) => self.plugboard.pull(yubikey),
        }
        *is = plugged;
        Ok(if plugged { "plugged in" } else { "pulled" })
    }

    /// All of them, or the one of this serial number.
    fn chosen(
        &self,
        serial: &[&str],
    ) -> Result<impl Iterator<Item = &(VirtualYubiKey, Plugged)>, String> {
        let one = match serial {
            [] => None,
            [serial] => Some(self.position(serial)?),
            _ => return Err("it takes one serial number at most".to_owned()),
        };
        let all = self.yubikeys.iter().enumerate();
        Ok(all
            .filter(move |(at, _)| one.is_none_or(|one| one == *at))
            .map(|(_, yubikey)| yubikey))
    }

    fn position(&self, serial: &str) -> Result<usize, String> {
        self.yubikeys
            .iter()
            .position(|(yubikey, _)| yubikey.profile().serial.to_string() == serial)
            .ok_or_else(|| format!("there is no YubiKey {serial}"))
    }
}

/// Obeys what is written to `control` in the directory, and logs it in `control.log`, for as long as
/// there is a desk.
pub(crate) fn listen(directory: &Path, desk: Weak<Mutex<Desk>>) -> io::Result<()> {
    let path = directory.join("control");
    drop(std::fs::remove_file(&path));
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let mut log = File::create(directory.join("control.log"))?;
    // Open for writing, too: so there is no end of it when a writer has gone.
    let control = OpenOptions::new().read(true).write(true).open(path)?;
    thread::spawn(move || {
        for line in BufReader::new(control).lines().map_while(Result::ok) {
            let Some(desk) = desk.upgrade() else { return };
            let said = match desk.lock().unwrap().obey(&line) {
                Ok(done) => done.to_owned(),
                Err(why) => why,
            };
            drop(writeln!(log, "{line}: {said}"));
        }
    });
    Ok(())
}
