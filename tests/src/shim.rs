//! Control of the PKCS#11 module that counts calls and injects faults (crate `privyseal-shim`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// CK_TOKEN_INFO flag: a wrong PIN was given since the last right one.
pub const USER_PIN_COUNT_LOW: u64 = 0x0001_0000;
/// CK_TOKEN_INFO flag: the next wrong PIN locks the token.
pub const USER_PIN_FINAL_TRY: u64 = 0x0002_0000;
/// CK_TOKEN_INFO flag: the PIN is locked.
pub const USER_PIN_LOCKED: u64 = 0x0004_0000;

/// A directory through which one process's shim is controlled.
#[derive(Debug, Clone)]
pub struct Shim {
    directory: PathBuf,
    module: PathBuf,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It returns this CKR value, and the real module is not called.
    Answer(u64),
    /// It sleeps first; no longer than until the faults are changed.
    Sleep(Duration),
    /// One bit of the signature is wrong (C_Sign).
    Corrupt,
    /// The signature is a byte too short (C_Sign).
    Shorten,
    /// These flags are set too (C_GetTokenInfo).
    Flags(u64),
}

impl Shim {
    /// Controls a shim before `module` through `directory`, which must exist.
    #[must_use]
    pub fn new(directory: &Path, module: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            module: module.to_owned(),
        }
    }

    /// The shim's library, to stand as the module in a config. Cargo built it beside the tests.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn library() -> Result<PathBuf> {
        let test = std::env::current_exe()?;
        test.ancestors()
            .skip(1)
            .map(|directory| directory.join("libprivyseal_shim.so"))
            .find(|library| library.is_file())
            .context("libprivyseal_shim.so is not beside the tests: build the whole workspace")
    }

    /// The environment of the process that will load the library.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, &Path); 2] {
        [
            ("PRIVYSEAL_SHIM_MODULE", &self.module),
            ("PRIVYSEAL_SHIM_DIR", &self.directory),
        ]
    }

    /// Calls since the module was loaded, by function. C_Sign counts twice a signature where the
    /// caller asks for the length first, as cryptoki does.
    ///
    /// # Errors
    /// Where the module is not loaded yet.
    pub fn counters(&self) -> Result<BTreeMap<String, u64>> {
        let text = std::fs::read_to_string(self.directory.join("counters"))?;
        text.lines()
            .map(|line| {
                let (name, count) = line.split_once(' ').context("a counter is two words")?;
                Ok((name.to_owned(), count.trim().parse()?))
            })
            .collect()
    }

    /// Calls of the functions whose names begin so, such as `C_FindObjects`.
    ///
    /// # Errors
    /// As [`Self::counters`].
    pub fn calls(&self, beginning: &str) -> Result<u64> {
        let counters = self.counters()?;
        Ok(counters
            .iter()
            .filter(|(name, _)| name.starts_with(beginning))
            .map(|(_, n)| n)
            .sum())
    }

    /// Replaces all faults: the function, the number of calls (none for all), and what goes wrong.
    ///
    /// # Errors
    /// Where the directory can't be written.
    pub fn inject(&self, faults: &[(&str, Option<u64>, Fault)]) -> Result<()> {
        let lines: String = faults.iter().map(line).collect();
        let new = self.directory.join("faults.new");
        std::fs::write(&new, lines)?;
        std::fs::rename(&new, self.directory.join("faults"))?;
        Ok(())
    }

    /// Ends all faults.
    ///
    /// # Errors
    /// Where the directory can't be written.
    pub fn clear(&self) -> Result<()> {
        self.inject(&[])
    }
}

fn line((function, calls, fault): &(&str, Option<u64>, Fault)) -> String {
    let calls = calls.map_or("-".to_owned(), |calls| calls.to_string());
    let fault = match fault {
        Fault::Answer(value) => format!("answer {value}"),
        Fault::Sleep(time) => format!("sleep {}", time.as_millis()),
        Fault::Corrupt => "corrupt".to_owned(),
        Fault::Shorten => "shorten".to_owned(),
        Fault::Flags(flags) => format!("flags {flags}"),
    };
    format!("{function} {calls} {fault}\n")
}
