//! The YubiKeys that are plugged in, whether or not the config names them.

use super::card::{CardError, Readers, Seen, in_transaction};
use crate::keystore::attestation::Firmware;

/// A YubiKey in a reader, as pcscd shows it to anyone.
#[derive(Debug)]
pub struct Connected(Seen);

/// What a YubiKey says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The serial number, as it is printed on the case.
    pub serial: u32,
    /// The firmware.
    pub firmware: Firmware,
}

/// Why what is plugged in can't be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct NotIdentified(#[from] CardError);

/// The YubiKeys that are plugged in now. None of them is touched.
///
/// # Errors
/// Where pcscd does not answer.
pub fn connected() -> Result<Vec<Connected>, NotIdentified> {
    let seen = Readers::open()?.seen()?;
    Ok(seen.into_iter().map(Connected).collect())
}

impl Connected {
    /// The reader's name.
    #[must_use]
    pub fn reader(&self) -> String {
        self.0.reader.to_string_lossy().into_owned()
    }

    /// Asks which one it is. This blocks for as long as another program holds it.
    ///
    /// # Errors
    /// Where it can't be spoken to.
    pub fn identify(&self) -> Result<Identity, NotIdentified> {
        let readers = Readers::open()?;
        let identity = in_transaction(
            &readers,
            &self.0.reader,
            || true,
            |session| {
                let [major, minor, patch] = session.version()?;
                Ok(Identity {
                    serial: session.serial()?,
                    firmware: Firmware::new(major, minor, patch),
                })
            },
        );
        identity?.map_err(NotIdentified)
    }
}
