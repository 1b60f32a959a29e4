//! The PIV application: SP 800-73-4 part 2, and Yubico's instructions F6 to FF beside it
//! (<https://docs.yubico.com/yesdk/users-manual/application-piv/commands.html>).

mod algorithm;
mod attest;
mod authenticate;
mod data;
mod key;
mod keys;
mod management_key;
mod metadata;
mod pins;
mod reference;
mod slot;

use std::{collections::BTreeMap, sync::Arc};

pub use algorithm::Algorithm;
pub use attest::Lie;
pub(crate) use key::PrivateKey;
#[cfg(test)]
pub(crate) use management_key::Cipher;
pub(crate) use management_key::ManagementKey;
pub(crate) use slot::certificate_object;
pub use slot::{PinPolicy, TouchPolicy};

use crate::{
    apdu::Command,
    authority::Authority,
    body::{Body, Ended},
    instruction as is,
    profile::{Profile, Reselect},
    status::{Answer, Status},
    tlv,
};
use management_key::Exchange;
use reference::{FACTORY_PIN, FACTORY_PUK, FACTORY_TRIES, Reference};
use slot::{Origin, SlotKey};

/// The application's full identifier (SP 800-73-4 part 1, section 2.2).
pub(crate) const AID: &[u8] = &[0xA0, 0, 0, 3, 8, 0, 0, 0x10, 0, 1, 0];

/// The PIV application of one YubiKey.
pub(crate) struct Piv {
    profile: Profile,
    body: Arc<Body>,
    pin: Reference,
    puk: Reference,
    management: ManagementKey,
    slots: BTreeMap<u8, SlotKey>,
    /// What GET DATA gives, without the tag 53 round it.
    objects: BTreeMap<Vec<u8>, Vec<u8>>,
    session: Session,
    lie: Lie,
}

/// What the card forgets at a reset.
#[derive(Default)]
struct Session {
    pin: bool,
    /// The PIN was verified by the command before this one.
    pin_just_now: bool,
    management: bool,
    exchange: Option<Exchange>,
}

impl Piv {
    /// As it leaves the factory.
    pub(crate) fn new(profile: Profile, authority: &Authority, body: Arc<Body>) -> Self {
        let attestation_key = SlotKey {
            algorithm: profile.attestation_key,
            private: PrivateKey::generate(profile.attestation_key),
            pin: PinPolicy::Never,
            touch: TouchPolicy::Never,
            origin: Origin::Generated,
        };
        let mut piv = Self {
            pin: Reference::new(FACTORY_PIN, FACTORY_TRIES),
            puk: Reference::new(FACTORY_PUK, FACTORY_TRIES),
            management: ManagementKey::factory(profile.firmware),
            slots: BTreeMap::from([(slot::ATTESTATION, attestation_key)]),
            objects: BTreeMap::new(),
            session: Session::default(),
            lie: Lie::default(),
            profile,
            body,
        };
        piv.certify(authority);
        piv
    }

    /// Answers SELECT; `again` if PIV was selected already.
    pub(crate) fn select(&mut self, again: bool) -> Vec<u8> {
        if !again || self.profile.reselect == Reselect::Clear {
            self.forget();
        }
        self.voids_pin_always();
        // SP 800-73-4 part 2, table 3: the rest of the identifier, and who gave it out.
        let authority = tlv::write(0x79, &tlv::write(0x4F, &AID[..5]));
        tlv::write(0x61, &[tlv::write(0x4F, &AID[5..]), authority].concat())
    }

    /// Nothing is verified any more.
    pub(crate) fn forget(&mut self) {
        self.session = Session::default();
    }

    /// Answers a command, its chained parts put together.
    pub(crate) fn execute(&mut self, command: &Command) -> Answer {
        let just_now = self.session.pin_just_now;
        self.voids_pin_always();
        let Command {
            ins, p1, p2, data, ..
        } = command;
        let firmware = self.profile.firmware;
        match *ins {
            is::VERIFY => self.verify(*p1, *p2, data),
            is::CHANGE_REFERENCE_DATA => self.change_reference_data(*p1, *p2, data),
            is::RESET_RETRY_COUNTER => self.reset_retry_counter(*p1, *p2, data),
            is::GENERAL_AUTHENTICATE => self.general_authenticate(*p1, *p2, data, just_now),
            is::GENERATE => self.generate(*p2, data),
            is::IMPORT => self.import(*p1, *p2, data),
            is::GET_DATA if (*p1, *p2) == (0x3F, 0xFF) => self.get_data(data),
            is::PUT_DATA if (*p1, *p2) == (0x3F, 0xFF) => self.put_data(data),
            is::ATTEST => self.attest(*p1),
            is::SET_PIN_RETRIES => self.set_pin_retries(*p1, *p2),
            is::SET_MANAGEMENT_KEY => self.set_management_key(*p1, *p2, data),
            is::RESET => self.reset(),
            is::GET_VERSION => Ok(firmware.bytes().to_vec()),
            is::GET_SERIAL => Ok(self.profile.serial.to_be_bytes().to_vec()),
            is::GET_METADATA if firmware.has_metadata() => self.metadata(*p2),
            is::MOVE_KEY if firmware.is_from_5_7() => self.move_key(*p1, *p2),
            is::GET_DATA | is::PUT_DATA => Err(Status::WRONG_PARAMETERS),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        }
    }

    /// A command comes, and keys whose PIN policy is "always" want the PIN again.
    fn voids_pin_always(&mut self) {
        if self.profile.always_voided_by_other_commands {
            self.session.pin_just_now = false;
        }
    }

    /// Everything back to the factory's, except slot F9 and its certificate; only after PIN and
    /// PUK are blocked.
    fn reset(&mut self) -> Answer {
        if !self.pin.is_blocked() || !self.puk.is_blocked() {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        self.pin = Reference::new(FACTORY_PIN, FACTORY_TRIES);
        self.puk = Reference::new(FACTORY_PUK, FACTORY_TRIES);
        self.management = ManagementKey::factory(self.profile.firmware);
        self.slots.retain(|slot, _| *slot == slot::ATTESTATION);
        let kept = certificate_object(slot::ATTESTATION);
        self.objects.retain(|id, _| *id == kept);
        self.forget();
        Ok(Vec::new())
    }

    pub(crate) fn pin_tries(&self) -> u8 {
        self.pin.tries()[1]
    }

    pub(crate) fn puk_tries(&self) -> u8 {
        self.puk.tries()[1]
    }

    pub(crate) fn pin_is_verified(&self) -> bool {
        self.session.pin
    }

    fn needs_management_key(&self) -> Result<(), Status> {
        if self.session.management {
            Ok(())
        } else {
            Err(Status::SECURITY_NOT_SATISFIED)
        }
    }

    /// Waits for the finger that a touch policy asks for.
    fn needs_touch(&self, policy: TouchPolicy) -> Result<(), Status> {
        if policy == TouchPolicy::Never {
            return Ok(());
        }
        match self.body.wait_for_touch(policy == TouchPolicy::Cached) {
            Ended::Touched => Ok(()),
            Ended::TimePassed => Err(Status::SECURITY_NOT_SATISFIED),
            Ended::PowerLost => Err(Status::ABORTED),
        }
    }
}
