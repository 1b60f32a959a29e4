//! Login attempts in the ledger: opened durably before C_Login, closed after.

use privyseal_proto::ledger::v1::{LoginClosed, LoginOpened, record::Event};

use super::Ledger;
use crate::{
    keystore::{
        KeystoreError, KeystoreName, Operator, TokenSerial,
        login::{LoginAttempt, LoginLog, Standing},
    },
    memory::LoginMemory,
};

/// The ledger as the log of login attempts.
pub struct LedgerLoginLog(Ledger);

impl LedgerLoginLog {
    /// Over an open ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        Self(ledger)
    }
}

impl LoginLog for LedgerLoginLog {
    fn standing(&self, keystore: &KeystoreName) -> Standing {
        match self.0.memory().login(keystore) {
            LoginMemory::None | LoginMemory::Accepted => Standing::Clear,
            LoginMemory::Open => Standing::Unfinished,
            LoginMemory::Refused { answer } => Standing::Failed(answer),
            LoginMemory::Locked => Standing::Locked,
        }
    }

    fn doubts_source(&self, keystore: &KeystoreName) -> bool {
        self.0.memory().doubts_source(keystore)
    }

    fn open(
        &self,
        keystore: &KeystoreName,
        serial: &TokenSerial,
        operator: Option<&Operator>,
    ) -> Result<Box<dyn LoginAttempt>, KeystoreError> {
        let opened = LoginOpened {
            keystore: keystore.to_string(),
            token_serial: serial.to_string(),
            operator: operator.cloned(),
        };
        append(&self.0, keystore, Event::LoginOpened(opened))?;
        Ok(Box::new(Attempt {
            ledger: self.0.clone(),
            keystore: keystore.clone(),
            token_serial: serial.to_string(),
        }))
    }
}

struct Attempt {
    ledger: Ledger,
    keystore: KeystoreName,
    token_serial: String,
}

impl LoginAttempt for Attempt {
    fn close(self: Box<Self>, accepted: bool, answer: &str) -> Result<(), KeystoreError> {
        let Self {
            ledger,
            keystore,
            token_serial,
        } = *self;
        let closed = LoginClosed {
            keystore: keystore.to_string(),
            token_serial,
            accepted,
            answer: answer.to_owned(),
        };
        append(&ledger, &keystore, Event::LoginClosed(closed))
    }
}

fn append(ledger: &Ledger, keystore: &KeystoreName, event: Event) -> Result<(), KeystoreError> {
    ledger
        .append_blocking(event)
        .map(|_| ())
        .map_err(|fault| KeystoreError::LoginNotRecorded {
            keystore: keystore.clone(),
            why: fault.to_string(),
        })
}

/// Before there is a ledger: while one is made, a person is there, and one login is tried.
pub struct Unrecorded;

impl LoginLog for Unrecorded {
    fn standing(&self, _: &KeystoreName) -> Standing {
        Standing::Clear
    }

    fn open(
        &self,
        _: &KeystoreName,
        _: &TokenSerial,
        _: Option<&Operator>,
    ) -> Result<Box<dyn LoginAttempt>, KeystoreError> {
        Ok(Box::new(Self))
    }
}

impl LoginAttempt for Unrecorded {
    fn close(self: Box<Self>, _: bool, _: &str) -> Result<(), KeystoreError> {
        Ok(())
    }
}
