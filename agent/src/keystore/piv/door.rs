//! The way to one device: which reader it is in, and visits to it.

use std::sync::Arc;

use super::card::{CardError, Readers, Seen, Session, in_transaction};
use super::shared::Shared;
use super::trouble::device;
use crate::keystore::attestation::Firmware;
use crate::keystore::error::KeystoreError;

/// Finds the device by its serial number and connects to it for as long as one job takes.
pub(super) struct Door {
    shared: Arc<Shared>,
    /// None where pcscd is not there.
    readers: Option<Readers>,
    /// What was there at the last look; none where there was no look since pcscd was found.
    seen: Option<Vec<Seen>>,
    found: Option<Found>,
    /// It went in mid-visit, and nobody was told yet.
    lost: bool,
}

/// Where the device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    seen: Seen,
    /// Its firmware.
    pub(super) firmware: Firmware,
}

impl Found {
    /// The reader's name.
    pub(super) fn reader(&self) -> String {
        self.seen.reader.to_string_lossy().into_owned()
    }
}

impl Door {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            readers: None,
            seen: None,
            found: None,
            lost: false,
        }
    }

    /// Where the device was found.
    pub(super) fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// Did the device go in the middle of a visit since this was last asked, even if it is back?
    pub(super) fn was_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// Did cards come or go since the last look? No card is touched to know that. A device that was
    /// found and went, even if it is back, is not found any more.
    pub(super) fn changed(&mut self) -> Result<bool, KeystoreError> {
        let seen = self.readers().and_then(Readers::seen);
        let seen = seen.map_err(|error| {
            self.close();
            self.shared.settings.failed(&error)
        })?;
        self.found.take_if(|found| !seen.contains(&found.seen));
        let before = self.seen.replace(seen);
        Ok(before != self.seen)
    }

    /// Looks for the device among the cards that were seen.
    pub(super) fn find(&mut self) -> Result<Found, KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let settings = &shared.settings;
        let mut others = Vec::new();
        let mut trouble = None;
        for seen in self.seen.clone().unwrap_or_default() {
            match self.identify(&seen) {
                Ok((serial, firmware)) if serial == settings.serial => {
                    let found = Found { seen, firmware };
                    self.found = Some(found.clone());
                    return Ok(found);
                }
                Ok((serial, _)) => others.push(device(serial)),
                Err(error) => trouble = Some(settings.failed(&error)),
            }
        }
        self.found = None;
        // It may be the one that can't be spoken to.
        Err(trouble.unwrap_or_else(|| {
            let wanted = settings.device();
            settings.absent(match others.is_empty() {
                true => format!("there is no {wanted}, nor another YubiKey"),
                false => format!("there is no {wanted}, but {}", others.join(", ")),
            })
        }))
    }

    fn identify(&mut self, seen: &Seen) -> Result<(u32, Firmware), CardError> {
        let shared = Arc::clone(&self.shared);
        let readers = self.readers()?;
        shared.waits_for_card(true);
        let got_it = || {
            shared.waits_for_card(false);
            true
        };
        let identity = in_transaction(readers, &seen.reader, got_it, |session| {
            let [major, minor, patch] = session.version()?;
            Ok((session.serial()?, Firmware::new(major, minor, patch)))
        });
        shared.waits_for_card(false);
        identity?
    }

    /// Does `work` with the device, in one transaction. `wanted` is asked when the card is got, and
    /// before anything is done to it. What failed before `work` began is tried once more, since a
    /// restarted pcscd, or another program's reset, shows only then.
    pub(super) fn visit<T>(
        &mut self,
        wanted: impl Fn() -> bool,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, KeystoreError>,
    ) -> Result<T, KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let settings = &shared.settings;
        let mut work = Some(work);
        let mut again = true;
        loop {
            let Some(found) = self.found.clone() else {
                return Err(shared.state_error());
            };
            let readers = self.readers().map_err(|error| settings.failed(&error))?;
            shared.waits_for_card(true);
            let got_it = || {
                shared.waits_for_card(false);
                wanted()
            };
            let done = in_transaction(readers, &found.seen.reader, got_it, |session| {
                let serial = session.serial()?;
                if serial != settings.serial {
                    return Err(CardError::Gone(format!("{} is there", device(serial))));
                }
                Ok(work.take().map(|work| work(session)))
            });
            shared.waits_for_card(false);
            let error = match done.and_then(|done| done) {
                Ok(Some(done)) => return done,
                Ok(None) => CardError::Unwanted,
                Err(error) => error,
            };
            let passing = matches!(
                error,
                CardError::Reset | CardError::NoService(_) | CardError::Gone(_)
            );
            if !passing || !std::mem::take(&mut again) {
                return Err(settings.failed(&error));
            }
            if !matches!(error, CardError::Reset) {
                self.lost = true;
                self.close();
                self.changed()?;
                self.find()?;
            }
        }
    }

    /// Forgets pcscd and the device.
    pub(super) fn close(&mut self) {
        self.readers = None;
        self.seen = None;
        self.found = None;
    }

    fn readers(&mut self) -> Result<&Readers, CardError> {
        match self.readers.take() {
            Some(readers) => Ok(self.readers.insert(readers)),
            None => Ok(self.readers.insert(Readers::open()?)),
        }
    }
}
