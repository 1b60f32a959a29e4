//! What pcscd reads: its readers.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::ports::Ports;

/// What ykman wants to see in a reader's name, and finds a YubiKey's interfaces by.
const NAME: &str = "Yubico YubiKey OTP+FIDO+CCID";

/// Where pcscd looks for serial readers' configs; one file, since their order in a directory is not
/// told.
const FOLDER: &str = "readers";

/// A reader of vpcd, whose two slots are two readers for everybody else.
#[derive(Debug)]
pub(super) struct Pair {
    number: usize,
    ports: Ports,
}

impl Pair {
    /// The pair of this index, with ports that nobody else has.
    pub(super) fn new(index: usize) -> Self {
        Self {
            number: index + 1,
            ports: Ports::reserve(),
        }
    }

    /// Where a slot, 0 or 1, waits for its card.
    pub(super) fn port(&self, slot: usize) -> u16 {
        match slot {
            0 => self.ports.first(),
            _ => self.ports.first() + 1,
        }
    }

    /// A slot as clients see it: pcscd adds the numbers of the reader and of the slot.
    pub(super) fn name(&self, slot: usize) -> String {
        format!("{} 00 {slot:02}", self.friendly_name())
    }

    fn driver(&self, directory: &Path) -> PathBuf {
        directory.join(format!("vpcd-{}.so", self.number))
    }

    /// pcscd numbers readers of one name only where one driver serves them all.
    fn friendly_name(&self) -> String {
        match self.number {
            1 => NAME.to_owned(),
            number => format!("{NAME} ({number})"),
        }
    }
}

/// The driver, where Debian has it.
pub(super) fn driver() -> Option<PathBuf> {
    let architecture = std::env::consts::ARCH;
    [
        "/usr/lib/pcsc/drivers/serial/libifdvpcd.so".to_owned(),
        format!("/usr/lib/{architecture}-linux-gnu/pcsc/drivers/serial/libifdvpcd.so"),
    ]
    .into_iter()
    .map(PathBuf::from)
    .find(|path| path.is_file())
}

/// The directory that pcscd is started with.
pub(super) fn folder(directory: &Path) -> PathBuf {
    directory.join(FOLDER)
}

/// Copies the driver. It keeps its connections in global variables, so each pair has one of its own:
/// with one alone the last pair would take the place of all others.
pub(super) fn install(directory: &Path, pairs: &[Pair]) {
    for pair in pairs {
        fs::copy(driver().unwrap(), pair.driver(directory)).unwrap();
    }
}

/// Writes the config of these.
pub(super) fn write(directory: &Path, pairs: &[Pair]) {
    let mut config = String::new();
    for pair in pairs {
        let (name, port) = (pair.friendly_name(), pair.port(0));
        writeln!(config, "FRIENDLYNAME \"{name}\"").unwrap();
        writeln!(config, "DEVICENAME /dev/null:0x{port:X}").unwrap();
        writeln!(config, "LIBPATH {}", pair.driver(directory).display()).unwrap();
        writeln!(config, "CHANNELID 0x{port:X}").unwrap();
    }
    fs::create_dir_all(folder(directory)).unwrap();
    fs::write(folder(directory).join("readers"), config).unwrap();
}
