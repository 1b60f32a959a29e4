//! Readers, and whether a YubiKey may be in them: told without a connection to any.

use std::ffi::{CStr, CString};
use std::time::Duration;

use pcsc::{Context, ReaderState, Scope, State};

use super::error::CardError;

/// A reader with a card that may be a YubiKey, as PC/SC shows it to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::keystore::piv) struct Seen {
    /// The reader's name.
    pub(in crate::keystore::piv) reader: CString,
    /// Counts the cards that came and went in it.
    events: u32,
}

/// The readers of this computer.
pub(in crate::keystore::piv) struct Readers {
    context: Context,
}

impl Readers {
    /// Speaks to pcscd. It has to be done anew where that was restarted.
    pub(in crate::keystore::piv) fn open() -> Result<Self, CardError> {
        let context = Context::establish(Scope::System)?;
        Ok(Self { context })
    }

    /// The readers with a card that may be a YubiKey. No card is touched: name and answer to reset
    /// are known to pcscd, and whoever else uses the card is not disturbed.
    pub(in crate::keystore::piv) fn seen(&self) -> Result<Vec<Seen>, CardError> {
        self.context.is_valid()?;
        let names = match self.context.list_readers_owned() {
            Err(pcsc::Error::NoReadersAvailable) => return Ok(Vec::new()),
            names => names?,
        };
        let unaware = |name| ReaderState::new::<CString>(name, State::UNAWARE);
        let mut states: Vec<_> = names.into_iter().map(unaware).collect();
        if states.is_empty() {
            return Ok(Vec::new());
        }
        match self.context.get_status_change(Duration::ZERO, &mut states) {
            // A reader that went away in between: the next look sees it so.
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(states
            .iter()
            .filter(|state| state.event_state().contains(State::PRESENT))
            .filter(|state| may_be_yubikey(state.name(), state.atr()))
            .map(|state| Seen {
                reader: state.name().to_owned(),
                events: state.event_count(),
            })
            .collect())
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }
}

/// By the reader's name, which a YubiKey on USB gives itself, or by the historical bytes of the
/// answer to reset, as it has them over NFC too.
fn may_be_yubikey(reader: &CStr, atr: &[u8]) -> bool {
    let named = reader.to_bytes().to_ascii_lowercase();
    named.windows(4).any(|part| part == b"yubi") || atr.windows(7).any(|part| part == b"YubiKey")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yubikey_is_known_by_name_or_by_its_answer_to_reset() {
        let atr = hex::decode("3bfd1300008131fe158073c021c057597562694b657940").unwrap();
        let other = hex::decode("3b9f958131fe9f006646530523002571df000000000002").unwrap();
        for (reader, atr, expected) in [
            (c"Yubico YubiKey OTP+FIDO+CCID 00 00", &other, true),
            (c"YUBICO 00", &other, true),
            (c"ACS ACR1252 01 00", &atr, true),
            (c"ACS ACR1252 01 00", &other, false),
        ] {
            assert_eq!(may_be_yubikey(reader, atr), expected, "{reader:?}");
        }
    }
}
