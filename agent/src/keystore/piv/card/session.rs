//! One visit to a card: a connection, a transaction, the PIV application, and away again.

use std::ffi::CStr;

use pcsc::{Card, Disposition, Protocols, ShareMode};

use super::apdu::{Answer, Command, Transport};
use super::error::CardError;
use super::readers::Readers;
use super::status::Status;

/// Application of PIV, without its version (SP 800-73-4, part 1, section 2.2).
const PIV: &[u8] = &[0xa0, 0x00, 0x00, 0x03, 0x08];

/// Application of YubiKey management. To select it takes every security status from PIV.
const MANAGEMENT: &[u8] = &[0xa0, 0x00, 0x00, 0x05, 0x27, 0x47, 0x11, 0x17];

/// A connection that leaves the card as it is. PC/SC's own default would reset it, and so take the
/// card from under other programs.
struct Connection(Option<Card>);

impl Connection {
    fn open(readers: &Readers, reader: &CStr) -> Result<Self, CardError> {
        let protocols = Protocols::T0 | Protocols::T1;
        let card = readers
            .context()
            .connect(reader, ShareMode::Shared, protocols)?;
        Ok(Self(Some(card)))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(card) = self.0.take()
            && let Err((card, error)) = card.disconnect(Disposition::LeaveCard)
        {
            tracing::debug!("a card was not given back: {error}");
            // To drop it would reset the card.
            std::mem::forget(card);
        }
    }
}

/// Does `work` with the card in `reader`, in one transaction, in its PIV application. Whatever was
/// verified is given up before the transaction ends, on every way out.
///
/// This blocks for as long as another program holds the card, and nothing can stop it: only the
/// thread that owns the device may call it. `wanted` is asked before anything is done to the card.
pub(in crate::keystore::piv) fn in_transaction<T>(
    readers: &Readers,
    reader: &CStr,
    wanted: impl FnOnce() -> bool,
    work: impl FnOnce(&mut Session<'_>) -> T,
) -> Result<T, CardError> {
    let mut connection = Connection::open(readers, reader)?;
    let Some(card) = &mut connection.0 else {
        return Err(CardError::Gone("no connection".to_owned()));
    };
    let transaction = card.transaction()?;
    if !wanted() {
        return Err(CardError::Unwanted);
    }
    let mut session = Session::begin(&transaction)?;
    let done = work(&mut session);
    drop(session);
    // To disconnect ends the transaction too, and leaves no moment between the two in which another
    // program's transaction would keep us from it.
    std::mem::forget(transaction);
    Ok(done)
}

/// A transaction with the PIV application.
pub(in crate::keystore::piv) struct Session<'card> {
    card: &'card dyn Transport,
    /// A PIN was verified here.
    pub(super) verified: bool,
    /// The management key was.
    pub(super) administers: bool,
}

impl<'card> Session<'card> {
    /// Selects the PIV application.
    pub(super) fn begin(card: &'card dyn Transport) -> Result<Self, CardError> {
        let session = Self {
            card,
            verified: false,
            administers: false,
        };
        match session.select(PIV)? {
            Status::DONE => Ok(session),
            Status::NOT_FOUND => {
                let what = "PIV application; `ykman config usb --enable PIV` switches it on";
                Err(CardError::Unsupported(what.to_owned()))
            }
            status => Err(CardError::Refused {
                command: "SELECT",
                status,
            }),
        }
    }

    fn select(&self, application: &[u8]) -> Result<Status, CardError> {
        let answer = self.send("SELECT", 0xa4, [0x04, 0x00], application)?;
        Ok(answer.status)
    }

    /// Sends a command that answers with data.
    pub(super) fn send(
        &self,
        name: &'static str,
        instruction: u8,
        parameters: [u8; 2],
        data: &[u8],
    ) -> Result<Answer, CardError> {
        let command = Command {
            name,
            instruction,
            parameters,
            data,
            answers: true,
        };
        command.send(self.card)
    }

    /// Sends a command that answers with nothing but its status.
    pub(super) fn order(
        &self,
        name: &'static str,
        instruction: u8,
        parameters: [u8; 2],
        data: &[u8],
    ) -> Result<Status, CardError> {
        let command = Command {
            name,
            instruction,
            parameters,
            data,
            answers: false,
        };
        Ok(command.send(self.card)?.status)
    }

    /// The firmware's version (Yubico: GET VERSION).
    pub(in crate::keystore::piv) fn version(&self) -> Result<[u8; 3], CardError> {
        let answer = self.send("GET VERSION", 0xfd, [0, 0], &[])?.done()?;
        let version = answer.as_slice().try_into();
        version.map_err(|_| CardError::nonsense("GET VERSION", "not three bytes"))
    }

    /// The serial number (Yubico: GET SERIAL, firmware 5.0 and later).
    pub(in crate::keystore::piv) fn serial(&self) -> Result<u32, CardError> {
        let answer = self.send("GET SERIAL", 0xf8, [0, 0], &[])?;
        if answer.status == Status::NO_COMMAND {
            let what = "serial number in its PIV application, as firmware 5 has";
            return Err(CardError::Unsupported(what.to_owned()));
        }
        let serial = answer.done()?.as_slice().try_into();
        let serial = serial.map_err(|_| CardError::nonsense("GET SERIAL", "not four bytes"))?;
        Ok(u32::from_be_bytes(serial))
    }

    /// Gives up what was verified.
    fn end(&mut self) -> Result<(), CardError> {
        if self.administers {
            self.select(MANAGEMENT)?;
            self.administers = false;
        }
        if self.verified && self.log_out().is_err() {
            self.select(MANAGEMENT)?;
        }
        self.verified = false;
        Ok(())
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        match self.end() {
            // What is removed or reset has forgotten it.
            Ok(()) | Err(CardError::Gone(_) | CardError::Reset | CardError::NoService(_)) => {}
            Err(error) => tracing::error!("a PIN status was not given up: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    const SELECT: (&str, &str) = (
        "00a4040005a00000030800",
        "61114f0600001000010079074f05a0000003089000",
    );
    const LEAVE: (&str, &str) = ("00a4040008a00000052747111700", "9000");

    #[test]
    fn what_was_verified_is_given_up_on_every_way_out() {
        let card = Fake::new(&[("00a4040005a00000030800", "9000"), ("0020ff80", "9000")]);
        Session::begin(&card).unwrap().verified = true;

        let card = Fake::new(&[
            ("00a4040005a00000030800", "9000"),
            ("0020ff80", "6f00"),
            LEAVE,
        ]);
        Session::begin(&card).unwrap().verified = true;

        let card = Fake::new(&[("00a4040005a00000030800", "9000"), LEAVE]);
        Session::begin(&card).unwrap().administers = true;
    }

    #[test]
    fn firmware_and_serial_number_are_read() {
        let card = Fake::new(&[
            ("00a4040005a00000030800", "9000"),
            ("00fd000000", "0507019000"),
            ("00f8000000", "00bc614e9000"),
            ("00f8000000", "6d00"),
            ("00fd000000", "05079000"),
        ]);
        let session = Session::begin(&card).unwrap();
        assert_eq!(session.version(), Ok([5, 7, 1]));
        assert_eq!(session.serial(), Ok(12_345_678));
        assert!(matches!(session.serial(), Err(CardError::Unsupported(_))));
        assert!(matches!(session.version(), Err(CardError::Nonsense { .. })));
    }

    #[test]
    fn a_card_without_piv_is_told_from_one_that_fails() {
        let card = Fake::new(&[(SELECT.0, "6a82")]);
        let refused = Session::begin(&card).err().unwrap();
        assert!(refused.to_string().contains("PIV application"), "{refused}");
        let card = Fake::new(&[(SELECT.0, "6f00")]);
        assert!(matches!(
            Session::begin(&card),
            Err(CardError::Refused { .. })
        ));
    }
}
