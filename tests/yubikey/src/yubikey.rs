//! The YubiKey as a whole: its applications behind one reader, and the handle that steers it.

mod card;
mod steer;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard};

use crate::{
    apdu::Command,
    authority::Authority,
    body::Body,
    fault::Fault,
    journal::{Application, Event},
    management, otp,
    piv::{self, Piv},
    profile::Profile,
};

/// A YubiKey in software. Clones are the same device: one goes to the reader as a
/// [`crate::Card`], another stays with the test and steers it.
#[derive(Clone)]
pub struct VirtualYubiKey(Arc<Device>);

struct Device {
    profile: Profile,
    authority: Authority,
    body: Arc<Body>,
    /// Held while a command is executed, a touch awaited included.
    inside: Mutex<Inside>,
    faults: Mutex<Vec<Fault>>,
    journal: Mutex<Vec<Event>>,
}

/// What only commands change.
struct Inside {
    piv: Piv,
    selected: Option<Application>,
    /// The parts of a chained command so far.
    chained: Option<Command>,
    /// What GET RESPONSE will fetch.
    pending: Vec<u8>,
}

impl VirtualYubiKey {
    /// A new device from a maker of its own.
    pub fn new(profile: Profile) -> Self {
        Self::made_by(&Authority::new(), profile)
    }

    /// A new device from this maker, as it leaves the factory: PIN 123456, PUK 12345678, the
    /// management key that everybody knows.
    pub fn made_by(authority: &Authority, profile: Profile) -> Self {
        let body = Arc::new(Body::default());
        let piv = Piv::new(profile.clone(), authority, Arc::clone(&body));
        let inside = Inside {
            piv,
            selected: None,
            chained: None,
            pending: Vec::new(),
        };
        Self(Arc::new(Device {
            profile,
            authority: authority.clone(),
            body,
            inside: Mutex::new(inside),
            faults: Mutex::new(Vec::new()),
            journal: Mutex::new(Vec::new()),
        }))
    }

    /// What it was made as.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// Who made it.
    pub fn authority(&self) -> &Authority {
        &self.0.authority
    }
}

impl Device {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no command panics")
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.faults
            .lock()
            .expect("nobody panics while holding the faults")
    }

    fn journal(&self) -> MutexGuard<'_, Vec<Event>> {
        self.journal
            .lock()
            .expect("nobody panics while holding the journal")
    }
}

/// The applications by their identifiers. As on the device, the beginning of one is enough.
fn application(identifier: &[u8]) -> Option<Application> {
    [
        (piv::AID, Application::Piv),
        (management::AID, Application::Management),
        (otp::AID, Application::Otp),
    ]
    .into_iter()
    .find(|(aid, _)| identifier.len() >= 5 && aid.starts_with(identifier))
    .map(|(_, application)| application)
}
