//! The module as a whole: loaded, initialised, and asked for its one matching token.

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};

use super::ckr;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::TokenIdentity;
use crate::keystore::login::PinCounter;
use crate::keystore::name::KeystoreName;
use crate::keystore::uri::{TokenFacts, TokenUri};

/// An initialised module. Ended with [`Module::finalize`], never by a drop.
#[derive(Clone)]
pub(super) struct Module {
    context: Pkcs11,
    keystore: KeystoreName,
}

/// A token that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) slot: Slot,
    pub(super) identity: TokenIdentity,
    pub(super) counter: PinCounter,
    /// Yubico made it, so it may show attestations.
    pub(super) is_yubico: bool,
}

impl Module {
    /// Loads the library.
    pub(super) fn load(keystore: &KeystoreName, path: &Path) -> Result<Pkcs11, KeystoreError> {
        let fault = |what| KeystoreError::Fault {
            keystore: keystore.clone(),
            what,
        };
        if let Err(error) = std::fs::metadata(path) {
            return Err(fault(format!("module {}: {error}", path.display())));
        }
        let library = Pkcs11::new(path).map_err(|error| {
            let what = ckr::describe(&error);
            fault(format!("module {} can't be loaded: {what}", path.display()))
        })?;
        // Never unloaded: a module may leave threads behind that run its code.
        std::mem::forget(library.clone());
        Ok(library)
    }

    /// Initialises a loaded library (C_Initialize, with the system's locks).
    pub(super) fn initialize(
        keystore: &KeystoreName,
        context: &Pkcs11,
    ) -> Result<Self, KeystoreError> {
        let args = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        context.initialize(args).map_err(|error| {
            let mut what = ckr::describe(&error);
            if ckr::value(&error) == Some(RvError::CryptokiAlreadyInitialized) {
                what.push_str(
                    "; another keystore of this agent uses the same module: give each its own agent",
                );
            }
            KeystoreError::Fault { keystore: keystore.clone(), what }
        })?;
        Ok(Self {
            context: context.clone(),
            keystore: keystore.clone(),
        })
    }

    /// Releases the module (C_Finalize). No call may be under way in it.
    pub(super) fn finalize(self) {
        if let Err(error) = self.context.finalize() {
            tracing::warn!(keystore = %self.keystore, "{}", ckr::describe(&error));
        }
    }

    /// The one token that `uri` names.
    pub(super) fn find(&self, uri: &TokenUri) -> Result<Found, KeystoreError> {
        let slots = self
            .context
            .get_slots_with_token()
            .map_err(|error| self.absent(&error))?;
        let mut matching = Vec::new();
        for slot in slots {
            match self.context.get_token_info(slot) {
                Ok(info) if info.token_initialized() && matches(uri, &info) => {
                    matching.push((slot, info));
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%slot, "{}", ckr::describe(&error)),
            }
        }
        match matching.as_slice() {
            [] => Err(KeystoreError::TokenNotFound {
                keystore: self.keystore.clone(),
                uri: uri.to_string(),
            }),
            [(slot, info)] => self.found(*slot, info),
            several => Err(KeystoreError::TokenAmbiguous {
                keystore: self.keystore.clone(),
                uri: uri.to_string(),
                tokens: several.iter().map(|(_, info)| described(info)).collect(),
            }),
        }
    }

    /// Asks the token for its name again. C_GetTokenInfo fails when a token is gone, where
    /// C_GetSessionInfo and C_OpenSession go on answering.
    pub(super) fn probe(&self, token: &Found) -> Result<Found, KeystoreError> {
        let info = self
            .context
            .get_token_info(token.slot)
            .map_err(|error| self.absent(&error))?;
        self.found(token.slot, &info)
    }

    /// Opens a session, read-only unless it is to make objects.
    pub(super) fn session(&self, token: &Found, writes: bool) -> Result<Session, Error> {
        if writes {
            self.context.open_rw_session(token.slot)
        } else {
            self.context.open_ro_session(token.slot)
        }
    }

    /// Can the token sign in this way?
    pub(super) fn signs(&self, token: &Found, way: Mechanism<'_>) -> bool {
        let info = self
            .context
            .get_mechanism_info(token.slot, way.mechanism_type());
        info.is_ok_and(|info| info.sign())
    }

    fn found(&self, slot: Slot, info: &TokenInfo) -> Result<Found, KeystoreError> {
        let serial = info
            .serial_number()
            .parse()
            .map_err(|error| KeystoreError::Fault {
                keystore: self.keystore.clone(),
                what: format!("token {:?}: {error}", info.label()),
            })?;
        let label = info.label().trim_matches([' ', '\0']).to_owned();
        Ok(Found {
            slot,
            identity: TokenIdentity { label, serial },
            counter: counter(info),
            is_yubico: info.manufacturer_id().starts_with("Yubico"),
        })
    }

    fn absent(&self, error: &Error) -> KeystoreError {
        KeystoreError::Absent {
            keystore: self.keystore.clone(),
            what: ckr::describe(error),
        }
    }
}

fn matches(uri: &TokenUri, info: &TokenInfo) -> bool {
    uri.matches(TokenFacts {
        label: info.label(),
        manufacturer: info.manufacturer_id(),
        model: info.model(),
        serial: info.serial_number(),
    })
}

fn described(info: &TokenInfo) -> String {
    format!(
        "{:?} with serial {}",
        info.label().trim(),
        info.serial_number().trim()
    )
}

fn counter(info: &TokenInfo) -> PinCounter {
    if info.user_pin_locked() {
        PinCounter::Locked
    } else if info.user_pin_final_try() {
        PinCounter::FinalTry
    } else if info.user_pin_count_low() {
        PinCounter::Low
    } else {
        PinCounter::Fine
    }
}
