//! Opening the device to an administrator.

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Owner;
use super::pins::Pins;
use crate::keystore::device::NewManagementKey;
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::Given;
use crate::keystore::order::Access;
use crate::keystore::piv::card::{ManagementAlgorithm, Session};
use crate::keystore::piv::settings::{FactorySecret, Settings};

/// The management key of every YubiKey from the factory, for 3DES and for AES-192.
const FACTORY: [u8; 24] = [
    1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
];

/// Proves the management key to the device: the one that was typed, else the one that the device
/// keeps under its PIN, be that typed or in the config, else the factory's where the config takes that.
pub(super) fn administer(
    settings: &Settings,
    pins: &mut Pins,
    session: &mut Session<'_>,
    access: &Access,
) -> Result<(), KeystoreError> {
    let failed = |error| settings.failed(&error);
    let described = session.management_key().map_err(failed)?;
    let key = match &access.management_key {
        Some(typed) => given(settings, described.algorithm, typed)?,
        None if described.factory => {
            settings.refuses(FactorySecret::ManagementKey, true)?;
            Zeroizing::new(FACTORY.to_vec())
        }
        None => kept(settings, pins, session, access)?,
    };
    session
        .administer(described.algorithm, &key)
        .map_err(failed)
}

/// The key that is kept on the device.
fn kept(
    settings: &Settings,
    pins: &mut Pins,
    session: &mut Session<'_>,
    access: &Access,
) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let failed = |error| settings.failed(&error);
    let refused = |what: &str| KeystoreError::ManagementKeyRefused {
        keystore: settings.name.clone(),
        what: what.to_owned(),
    };
    if !session.keeps_management_key().map_err(failed)? {
        return Err(refused("it was not typed, and is not kept on the device"));
    }
    let given = match &access.pin {
        Some(pin) => Some(Given {
            pin: pin.clone(),
            typed_now: true,
            by: access.by.clone(),
            from_source: false,
        }),
        // So a ledger is made on a YubiKey, before anybody could type anything.
        None => pins.configured()?,
    };
    let given = given
        .ok_or_else(|| refused("it is kept on the device under the PIN, which was not typed"))?;
    pins.give(session, &given, given.by.as_ref())?;
    let key = session.kept_management_key().map_err(failed)?;
    key.ok_or_else(|| refused("the device says that it keeps it, but does not"))
}

/// A management key in hex.
fn given(
    settings: &Settings,
    algorithm: ManagementAlgorithm,
    hex: &SecretString,
) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let mut key = Zeroizing::new(vec![0; algorithm.length()]);
    let decoded = hex::decode_to_slice(hex.expose_secret(), &mut key);
    decoded.map_err(|_| KeystoreError::ManagementKeyRefused {
        keystore: settings.name.clone(),
        what: format!(
            "an {} key is written with {} hex digits",
            algorithm.name(),
            2 * algorithm.length()
        ),
    })?;
    Ok(key)
}

impl Owner {
    /// Sets another management key: AES-256 where the firmware has it, else 3DES; a given one is of
    /// the algorithm that its length tells.
    pub(super) fn set_management_key(
        &mut self,
        access: &Access,
        new: &NewManagementKey,
        wanted: &dyn Fn() -> bool,
    ) -> Result<(), KeystoreError> {
        let has_aes = self.firmware()? >= crate::keystore::attestation::Firmware::new(5, 4, 2);
        let settings = &self.shared.settings;
        let (algorithm, key) = match new {
            NewManagementKey::OnDevice => {
                let algorithm = match has_aes {
                    true => ManagementAlgorithm::Aes256,
                    false => ManagementAlgorithm::TripleDes,
                };
                let mut key = Zeroizing::new(vec![0; algorithm.length()]);
                let filled = SystemRandom::new().fill(&mut key);
                filled.map_err(|_| KeystoreError::Fault {
                    keystore: settings.name.clone(),
                    what: "the system gives no random bytes".to_owned(),
                })?;
                (algorithm, key)
            }
            NewManagementKey::Given(hex) => {
                let algorithm = match (hex.expose_secret().len(), has_aes) {
                    (32, true) => ManagementAlgorithm::Aes128,
                    (64, true) => ManagementAlgorithm::Aes256,
                    (_, true) => ManagementAlgorithm::Aes192,
                    (_, false) => ManagementAlgorithm::TripleDes,
                };
                let key = given(settings, algorithm, hex)?;
                settings.refuses(FactorySecret::ManagementKey, *key == FACTORY)?;
                (algorithm, key)
            }
        };
        let on_device = matches!(new, NewManagementKey::OnDevice);
        let pins = &mut self.pins;
        let mut unkept = false;
        let mut set = self.door.visit(wanted, |session| {
            let failed = |error| settings.failed(&error);
            let kept_before = session.keeps_management_key().map_err(failed)?;
            administer(settings, pins, session, access)?;
            // Kept before it is set: a device that is pulled out between the two has the old key,
            // which whoever typed it knows; one that was kept only there would be lost.
            let safe = access.management_key.is_some() || !kept_before;
            if on_device && safe {
                session.keep_management_key(Some(&key)).map_err(failed)?;
            }
            session
                .set_management_key(algorithm, &key)
                .map_err(failed)?;
            match on_device {
                true if safe => Ok(()),
                true => {
                    let kept = session.keep_management_key(Some(&key));
                    unkept = kept.is_err();
                    kept.map_err(failed)
                }
                false if kept_before => session.keep_management_key(None).map_err(failed),
                false => Ok(()),
            }
        });
        if unkept {
            // Nobody but us has the new key now: it is written again, over another connection.
            set = self.door.visit(
                || true,
                |session| {
                    let proven = session.administer(algorithm, &key);
                    let kept = proven.and_then(|()| session.keep_management_key(Some(&key)));
                    kept.map_err(|error| settings.failed(&error))
                },
            );
            set = set.map_err(|error| KeystoreError::Fault {
                keystore: settings.name.clone(),
                what: format!(
                    "the new management key was set, and could not be kept on the device, so that \
                     it is lost; keys that are there still sign: {error}"
                ),
            });
        }
        self.survey_again();
        set
    }
}
