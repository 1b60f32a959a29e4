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

/// One reader of vpcd.
#[derive(Debug)]
pub(super) struct Reader {
    number: usize,
    ports: Ports,
}

impl Reader {
    /// The reader of this index, with ports that nobody else has.
    pub(super) fn new(index: usize) -> Self {
        Self {
            number: index + 1,
            ports: Ports::reserve(),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.ports.first()
    }

    /// As clients see it: pcscd adds the numbers of the reader and of the slot.
    pub(super) fn name(&self) -> String {
        format!("{} 00 00", self.friendly_name())
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

/// Writes the config of these readers. The driver keeps its connections in global variables, so each
/// reader has a copy of it: of one alone the last reader would take the place of all others.
pub(super) fn write(directory: &Path, readers: &[Reader]) {
    fs::create_dir_all(folder(directory)).unwrap();
    let mut config = String::new();
    for reader in readers {
        let driver = directory.join(format!("vpcd-{}.so", reader.number));
        fs::copy(self::driver().unwrap(), &driver).unwrap();
        let (name, port) = (reader.friendly_name(), reader.port());
        writeln!(config, "FRIENDLYNAME \"{name}\"").unwrap();
        writeln!(config, "DEVICENAME /dev/null:0x{port:X}").unwrap();
        writeln!(config, "LIBPATH {}", driver.display()).unwrap();
        writeln!(config, "CHANNELID 0x{port:X}").unwrap();
    }
    fs::write(folder(directory).join("readers"), config).unwrap();
}
