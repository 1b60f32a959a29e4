//! What an administrator does with a PIV device.

use async_trait::async_trait;
use privyseal_tuf::PublicKey;
use secrecy::SecretString;

use super::{
    KeystoreError, attestation::Firmware, key::TokenSerial, login::Operator, order::Access,
    policy::Policies, slot::Slot,
};

/// A PIV device as it describes itself.
#[derive(Debug, Clone)]
pub struct DeviceInfo {
    /// Its serial number.
    pub serial: TokenSerial,
    /// Its firmware.
    pub firmware: Firmware,
    /// The reader that it is in, as PC/SC names it.
    pub reader: String,
    /// Its PIN.
    pub pin: Tries,
    /// Its PUK, which unblocks the PIN.
    pub puk: Tries,
    /// The key of its administrator.
    pub management_key: ManagementKey,
    /// The slots that have a key or a certificate, in the order of [`Slot::all`].
    pub slots: Vec<SlotInfo>,
}

/// What a device says of its PIN or PUK. Firmware below 5.3 says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Tries that are left.
    pub left: Option<u8>,
    /// Tries after a right one.
    pub total: Option<u8>,
    /// Is it the one from the factory?
    pub factory: Option<bool>,
}

/// What a device says of its management key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementKey {
    /// "3DES", "AES-128", "AES-192" or "AES-256".
    pub algorithm: String,
    /// Is it the one from the factory? Firmware below 5.3 says nothing.
    pub factory: Option<bool>,
    /// Is it kept on the device, under the PIN?
    pub on_device: bool,
    /// Does it ask for a touch?
    pub touch: bool,
}

/// A slot with a key or a certificate.
#[derive(Debug, Clone)]
pub struct SlotInfo {
    /// The slot.
    pub slot: Slot,
    /// What the key is, such as "ecdsa-p256"; empty where the device does not say.
    pub algorithm: String,
    /// When it asks for a PIN or a touch; none where the device does not say.
    pub policies: Option<Policies>,
    /// Was it made on the device? None where the device does not say.
    pub generated: Option<bool>,
    /// Its public half; none where nothing on the device tells it, or where it is of a kind that
    /// can't sign here.
    pub public_key: Option<PublicKey>,
    /// The certificate in the slot, DER.
    pub certificate: Option<Vec<u8>>,
}

/// Which management key a device gets.
#[derive(Debug)]
pub enum NewManagementKey {
    /// A random one that nobody sees, kept on the device under the PIN.
    OnDevice,
    /// This one, in hex: 48 digits for 3DES or AES-192, 32 for AES-128, 64 for AES-256.
    Given(SecretString),
}

/// A device that an administrator sets up. Each of these asks the device once and tries nothing again.
#[async_trait]
pub trait Device: Send + Sync {
    /// Describes the device. No PIN is needed or tried.
    ///
    /// # Errors
    /// Where it is absent, held, or answers nonsense.
    async fn info(&self) -> Result<DeviceInfo, KeystoreError>;

    /// Changes the PIN: 6 to 8 ASCII characters (SP 800-73-4, part 2, section 2.4.3, asks for
    /// digits; a YubiKey takes any).
    ///
    /// # Errors
    /// Where the old one is wrong or at its last try, or the device refuses the new one.
    async fn change_pin(
        &self,
        old: SecretString,
        new: SecretString,
        operator: Operator,
    ) -> Result<(), KeystoreError>;

    /// Changes the PUK: 6 to 8 ASCII characters.
    ///
    /// # Errors
    /// As [`Device::change_pin`].
    async fn change_puk(&self, old: SecretString, new: SecretString) -> Result<(), KeystoreError>;

    /// Sets a new PIN with the PUK, whether or not the old one is blocked.
    ///
    /// # Errors
    /// Where the PUK is wrong or at its last try, or the device refuses the PIN.
    async fn unblock_pin(&self, puk: SecretString, new: SecretString) -> Result<(), KeystoreError>;

    /// Sets the management key.
    ///
    /// # Errors
    /// Where the present one is not known, or the device refuses the new one.
    async fn set_management_key(
        &self,
        access: Access,
        new: NewManagementKey,
    ) -> Result<(), KeystoreError>;

    /// Puts a certificate (DER) beside the key of a slot; one that was there is replaced.
    ///
    /// # Errors
    /// Where it certifies another key than the slot's, is too long for the device, or the
    /// management key is not known.
    async fn import_certificate(
        &self,
        access: Access,
        slot: Slot,
        certificate: Vec<u8>,
    ) -> Result<(), KeystoreError>;
}
